// Keeps an open page true: puts what has changed in its place when the server says that something has, and waits for a server that is away. Elements
// stay the same ones, so the focus and the scroll position stay, too. Without this script the page is true whenever it is loaded.
const RETRY_PAUSE = 1000;

const main = document.querySelector("main");
const lost = document.querySelector("#lost");
let news;
let updates = Promise.resolve();

listen();
addEventListener("pagehide", () => news.close());
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
document.addEventListener("submit", submit);

function listen() {
  news = new EventSource(`/changes?since=${encodeURIComponent(main.dataset.version)}`);
  news.addEventListener("open", () => lost.replaceChildren());
  news.addEventListener("changed", update);
  news.addEventListener("error", () => {
    news.close();
    lost.textContent = "The server does not answer. This page goes on by itself when it is back.";
    setTimeout(() => {
      update();
      listen();
    }, RETRY_PAUSE);
  });
}

/** One after the other: an answer that took longer must not bring back what was before. */
function update() {
  updates = updates.then(load).catch(() => {});
}

async function load() {
  const answer = await fetch(location.href);
  // Logged out meanwhile, perhaps on another device.
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement;
  document.title = page.title;
  adopt(main, page.querySelector("main"));
  // What had the focus is gone: whoever listens hears what is there now.
  if (!focused.isConnected) document.querySelector("h1").focus({ preventScroll: true });
}

/** Sends a form of `data-stays` without leaving the page. With any other form the page is left, and nothing more is shown in it. */
async function submit(event) {
  const form = event.target;
  if (form.dataset.stays === undefined) return news.close();
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  update();
}

/** Makes an element or text what another one is, and keeps what is the same. */
function adopt(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = keyOf(child);
    const found = key ? [...old.children].find((other) => keyOf(other) === key) : place;
    while (key && found && place && place !== found) place = removed(place);
    if (found && found.nodeName === child.nodeName && keyOf(found) === key) {
      adopt(found, child);
      place = found.nextSibling;
    } else {
      old.insertBefore(child, place);
    }
  }
  while (place) place = removed(place);
}

/** What tells an element from its neighbours, wherever it stands. */
function keyOf({ id, dataset }) {
  return id || dataset?.key || "";
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
