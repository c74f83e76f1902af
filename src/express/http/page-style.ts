/** The style sheet of the package's own pages. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f3; --card: #fff; --ink: #1f1e1c; --soft: #615f58; --line: #dcd9d2; --edge: #85827a;
  --accent: #1f5fbf; --on-accent: #fff; --tint: #eaf1fb; --good: #1b6b3a; --warn: #875400; --bad: #b0261d;
  --small: .875rem; --body: 1rem; --large: 1.25rem; --title: 1.625rem; --display: 2.25rem;
  --sans: system-ui, -apple-system, "Segoe UI", sans-serif; --mono: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191918; --card: #232322; --ink: #ececea; --soft: #aaa8a1; --line: #403e3a; --edge: #85827c;
    --accent: #7db2ff; --on-accent: #10233a; --tint: #1c2b40; --good: #6fcf97; --warn: #e5b567; --bad: #ff8f85;
  }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem; background: var(--paper); color: var(--ink); font: var(--body)/1.5 var(--sans); overflow-wrap: anywhere; }
main { width: 100%; max-width: 34rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
svg { display: block; width: 3.5rem; height: 3.5rem; padding: .75rem; margin-bottom: 1.25rem; border-radius: 10px; background: var(--tint); fill: none; stroke: var(--accent); stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
h1 { margin: 0 0 .5rem; font-size: var(--title); line-height: 1.25; text-wrap: balance; }
p { margin: 0; hyphens: auto; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.75rem; }
.button { display: inline-block; min-height: 2.75rem; padding: .55rem 1.15rem; border: 1px solid var(--accent); border-radius: 10px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
.quiet { border-color: var(--edge); background: none; color: inherit; }
.button:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 30rem) {
  main { padding: 1.5rem; }
  .actions, form { display: grid; width: 100%; }
}
@media (min-width: 60rem) {
  main { display: grid; grid-template-columns: auto 1fr; gap: 2.5rem; max-width: 50rem; padding: 3.5rem; }
  svg { width: 6rem; height: 6rem; padding: 1.25rem; margin: 0; }
  h1 { margin-bottom: .75rem; font-size: var(--display); }
  p { font-size: var(--large); }
}
@media (forced-colors: active) { svg { background: none; stroke: CanvasText; border: 1px solid; } }
`;
