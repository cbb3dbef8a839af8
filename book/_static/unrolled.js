/* What scrolls must be reachable with the keyboard: give each box that is too narrow for its content a tab stop. An
   observer tells of a box when it is drawn, opened or resized; asking all boxes would have the whole page laid out. */
const boxes = "div.math > .katex-display, .pst-scrollable-table-container, .bd-article pre";
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
  }
});
function watch() {
  observer.disconnect();
  for (const box of document.querySelectorAll(boxes)) observer.observe(box);
}
watch();
document.fonts.addEventListener("loadingdone", watch); // a formula grows with its font, its box doesn't

/* The theme's script serves the menus, the search box and the mark in the contents, and measures every box of the page.
   So it is loaded when the reader first moves: on Lighthouse's phone, chapter 2 then blocks for 0.2 seconds, and
   otherwise for 1.0. A button pressed before it is there is pressed again. */
const theme = new URL("scripts/pydata-sphinx-theme.js", document.currentScript.src);
const served = "button[class*='toggle'], button[class*='search'], .theme-switch-button";
let loaded = null;

function load() {
  loaded ??= new Promise((done) => {
    const script = document.createElement("script");
    script.src = theme;
    script.onload = () => {
      loaded.done = true;
      done();
    };
    document.head.append(script);
  });
  return loaded;
}

async function hold(event) {
  const opensSearch = event.key?.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  const wanted = event.type === "click" ? event.target.closest(served) : opensSearch;
  if (!wanted || loaded?.done || !event.isTrusted) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  await load();
  event.target.dispatchEvent(new event.constructor(event.type, event));
}

for (const kind of ["pointermove", "pointerdown", "keydown", "scroll"]) {
  window.addEventListener(kind, load, { once: true, passive: true });
}
window.addEventListener("click", hold, true);
window.addEventListener("keydown", hold, true);

/* Paper is light. */
const page = document.documentElement;
let shown = page.dataset.theme;
window.addEventListener("beforeprint", () => {
  shown = page.dataset.theme;
  page.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  page.dataset.theme = shown;
});
