// @ts-check
import { html } from "../../look/html.js";
import { layout } from "../../look/layout.js";
import { site } from "./site.js";

/** The last page of a process. With JavaScript nobody sees it: the page that was there waits. */
export function stoppingPage() {
  return layout({
    ...site,
    title: "The server stops",
    main: html`<section class="card middle">
<h1>The server stops</h1>
<p class="lead">Another process starts in three seconds, and finds in SQLite what waits there.</p>
<p class="actions"><a class="button main" href="/">Look again</a></p>
</section>`,
  });
}
