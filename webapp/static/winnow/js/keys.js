// Keys that work on every page. Inside a text box nothing but the text box acts.
export function isTyping(target) {
  return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const search = document.getElementById("search");
  if (!search) return;
  const fold = document.getElementById("frame-fold");
  if (search.offsetParent === null) fold.setAttribute("data-open", "");
  event.preventDefault();
  search.focus();
  search.select();
});
