// While a name is typed behind an @, a list of the people that it may be: arrows choose, Enter or Tab takes one over.
const PEOPLE = "/review/comments/people";
const MOST_SHOWN = 6;
// The name being typed, up to the caret.
const TYPED = /(?:^|[^\w.@+-])@([\w.@+-]*)$/u;

let asked = null;
let numbers = 0;

function names() {
  asked ??= fetch(PEOPLE, { headers: { Accept: "application/json" }, credentials: "same-origin" })
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
    .then((found) => found.names)
    .catch(() => {
      asked = null; // tried again with the next key
      return [];
    });
  return asked;
}

function typedName(area) {
  if (area.selectionStart !== area.selectionEnd) return null;
  return area.value.slice(0, area.selectionStart).match(TYPED)?.[1] ?? null;
}

/**
 * Let a text area complete names. Call it once for each.
 * @param {HTMLTextAreaElement} area
 * @returns {{isOpen: () => boolean, close: () => void}}
 */
export function completeNames(area) {
  const field = document.createElement("div");
  field.className = "mentions-field";
  area.replaceWith(field);
  const list = document.createElement("ul");
  Object.assign(list, { className: "mentions-list", id: `mentions-${(numbers += 1)}`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People");
  field.append(area, list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);

  let chosen = 0;
  const options = () => [...list.children];

  function close() {
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    chosen = (index + options().length) % options().length;
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    area.setAttribute("aria-activedescendant", options()[chosen].id);
  }

  function take(name) {
    const start = area.selectionStart - (typedName(area) ?? "").length;
    area.setRangeText(`${name} `, start, area.selectionStart, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    close();
    area.focus();
  }

  function option(name, place) {
    const item = document.createElement("li");
    Object.assign(item, { id: `${list.id}-${place}`, textContent: name });
    item.setAttribute("role", "option");
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the text area keeps the caret
      take(name);
    });
    return item;
  }

  async function refresh() {
    if (typedName(area) === null) return close();
    const known = await names();
    const typed = typedName(area)?.toLowerCase(); // more may have been typed in the meantime
    if (typed === undefined) return close();
    const found = known.filter((name) => name.toLowerCase().startsWith(typed)).slice(0, MOST_SHOWN);
    list.replaceChildren(...found.map(option));
    if (!found.length || found[0].toLowerCase() === typed) return close();
    list.hidden = false;
    mark(0);
  }

  area.addEventListener("input", refresh);
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") take(options()[chosen].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { isOpen: () => !list.hidden, close };
}
