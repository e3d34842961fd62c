// What is wider than its place scrolls by itself; then the keyboard has to reach it too.
const SCROLLING = "pre, .math-block, .table-scroll, .turn-body table";

function reachAll() {
  for (const box of document.querySelectorAll(SCROLLING)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

for (const name of ["resize", "htmx:afterSettle"]) window.addEventListener(name, reachAll);
document.addEventListener("toggle", reachAll, true);
reachAll();
