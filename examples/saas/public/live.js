// Puts what has changed in its place, when the server says that something has. What has the focus stays as it is.
const { version } = document.querySelector("main").dataset;
const news = new EventSource(`/changes?since=${encodeURIComponent(version)}`);
news.addEventListener("changed", update);

async function update() {
  const answer = await fetch(location.href);
  // Logged out meanwhile, perhaps on another device.
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, fresh] = [liveParts(document), liveParts(next)];
  if ([...old.keys()].join() !== [...fresh.keys()].join())
    return document.querySelector("main").replaceWith(next.querySelector("main"));
  for (const [name, part] of old) {
    const other = fresh.get(name);
    if (other.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(other);
  }
}

function liveParts(page) {
  return new Map([...page.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));
}
