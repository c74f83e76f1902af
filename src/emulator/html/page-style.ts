/** The style sheet of the emulator's pages. */
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
body { margin: 0; min-height: 100vh; padding: 1.25rem; display: flex; flex-direction: column; justify-content: center; align-items: center; gap: 1rem;
  background: var(--paper); color: var(--ink); font: var(--body)/1.5 var(--sans); overflow-wrap: anywhere; }
main { width: 100%; max-width: 30rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
main:has(.wide) { max-width: 52rem; }
footer { color: var(--soft); font-size: var(--small); text-align: center; }
h1 { margin: 1.25rem 0 .5rem; font-size: var(--title); line-height: 1.25; text-align: center; text-wrap: balance; }
h2, legend, .label { display: block; margin: 0 0 .5rem; padding: 0; font-size: var(--body); font-weight: 600; }
p { margin: 0 0 1rem; }
code { font: var(--small)/1.5 var(--mono); }
a { color: var(--accent); }
.lead { color: var(--soft); text-align: center; }
.soft { color: var(--soft); }
.marks { display: flex; justify-content: center; align-items: center; gap: .75rem; color: var(--soft); }
.mark { width: 3rem; height: 3rem; display: grid; place-items: center; border: 1px solid var(--line); border-radius: 10px; font-size: var(--large); font-weight: 700; color: var(--ink); }
fieldset { min-width: 0; margin: 1.25rem 0; padding: 0; border: 0; }
.choice { display: flex; align-items: center; gap: .75rem; min-height: 3.25rem; padding: .625rem .875rem; border: 1px solid var(--edge); border-radius: 10px; cursor: pointer; }
.choice + .choice { margin-top: .5rem; }
.choice:has(:checked) { border-color: var(--accent); background: var(--tint); }
.choice input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); flex: none; }
.icon { width: 1.75rem; height: 1.75rem; display: grid; place-items: center; flex: none; border-radius: 6px; background: var(--paper); font-weight: 600; }
.icon img { width: 100%; height: 100%; border-radius: 6px; object-fit: cover; }
select { width: 100%; min-height: 2.75rem; padding: .5rem .625rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: 10px; text-overflow: ellipsis; }
ul { margin: 0; padding: 0; list-style: none; }
.checks li { padding-left: 1.5rem; position: relative; }
.checks li::before { content: "\\2713" / ""; position: absolute; left: 0; color: var(--accent); font-weight: 700; }
.buttons { display: flex; flex-wrap: wrap; gap: .625rem; margin-top: 1.5rem; }
button { flex: 1 1 9rem; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; border-radius: 10px; cursor: pointer; border: 1px solid var(--edge); background: transparent; color: inherit; }
button.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
button:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.target { margin: 1.25rem 0 0; color: var(--soft); font-size: var(--small); text-align: center; }
.wide h2 { font-size: var(--large); }
.wide section > :last-child { margin-bottom: 0; }
.wide section { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.wide h1, .wide .lead { text-align: start; }
.wide h1 { margin-top: 0; }
.wide .buttons { margin-top: 0; }
.wide button { flex: 0 1 auto; }
dl { display: grid; gap: .125rem 1.5rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0 0 .5rem; }
.rows li { display: flex; flex-wrap: wrap; gap: .125rem 1rem; padding: .5rem 0; border-top: 1px solid var(--line); }
.rows li:first-child { border-top: 0; }
.links { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-bottom: .75rem; }
.up { color: var(--good); }
.down { color: var(--bad); }
@media (min-width: 40rem) {
  .wide { padding: .75rem; }
  .wide h1 { font-size: var(--display); }
  dl { grid-template-columns: max-content 1fr; }
}
`;
