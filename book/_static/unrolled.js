/* What scrolls must be reachable with the keyboard: give each box that is too narrow for its content a tab stop. */
function addTabStops() {
  for (const box of document.querySelectorAll("div.math > .katex-display, .pst-scrollable-table-container, .bd-article pre, .u-scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}
window.addEventListener("load", addTabStops);
window.addEventListener("resize", addTabStops);
document.addEventListener("toggle", addTabStops, true); // a hidden answer has no width until it is opened

/* Paper is light. */
const page = document.documentElement;
let shown = page.dataset.theme;
window.addEventListener("beforeprint", () => { shown = page.dataset.theme; page.dataset.theme = "light"; });
window.addEventListener("afterprint", () => { page.dataset.theme = shown; });
