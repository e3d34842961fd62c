// Long turns are folded around what matters: their beginning, their end, and what the search or a flag points at.
// What is left out stands behind a button that says how much it is.
const LONG = 4_000;
/** Characters that stay at the beginning and at the end. */
const KEPT = 900;

function characters(block) {
  return block.textContent.length;
}

/** Which blocks stay: the first ones, the last ones, those with a hit and their neighbours. */
function stay(blocks, words) {
  const kept = new Set();
  let room = KEPT;
  for (let index = 0; index < blocks.length && room > 0; index += 1) {
    kept.add(index);
    room -= characters(blocks[index]);
  }
  room = KEPT;
  for (let index = blocks.length - 1; index >= 0 && room > 0; index -= 1) {
    kept.add(index);
    room -= characters(blocks[index]);
  }
  blocks.forEach((block, index) => {
    const isHit = block.querySelector(".mark, mark") || (words && block.textContent.toLowerCase().includes(words));
    if (isHit) for (const near of [index - 1, index, index + 1]) kept.add(near);
  });
  return kept;
}

function button(text) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "fold-more button quiet small";
  made.textContent = text;
  return made;
}

function hide(run) {
  const total = run.reduce((sum, block) => sum + characters(block), 0);
  const more = button(`⋯ ${total.toLocaleString("en-GB")} characters left out: show them`);
  run[0].before(more);
  for (const block of run) block.classList.add("folded-away");
  more.addEventListener("click", () => {
    for (const block of run) block.classList.remove("folded-away");
    more.remove();
  });
}

function foldBlocks(blocks, words) {
  const kept = stay(blocks, words);
  let run = [];
  blocks.forEach((block, index) => {
    if (!kept.has(index)) run.push(block);
    if (run.length && (kept.has(index) || index === blocks.length - 1)) {
      hide(run);
      run = [];
    }
  });
}

/** One block of text without parts: only so much of it is seen. */
function clip(body) {
  body.classList.add("clipped");
  const more = button(`Show all ${characters(body).toLocaleString("en-GB")} characters`);
  body.after(more);
  more.addEventListener("click", () => {
    body.classList.remove("clipped");
    more.remove();
  });
}

/** @param {ParentNode} holder @param {string} search what the queue's filter searches for */
export function foldLongTurns(holder, search = "") {
  const words = search.trim().toLowerCase();
  for (const body of holder.querySelectorAll(".turn-body")) {
    if (body.dataset.folded || characters(body) < LONG) continue;
    body.dataset.folded = "yes";
    // The server closes long turns; here their beginning is seen.
    const closed = body.closest("details.long-turn");
    if (closed) closed.open = true;
    const blocks = [...body.children];
    if (blocks.length > 3) foldBlocks(blocks, words);
    else clip(body);
  }
}

/**
 * Open what hides an element; what is folded stays folded around it and all else that holds the words.
 * @param {Element} element @param {string} words in small letters
 */
export function unfold(element, words = "") {
  const body = element.closest(".turn-body");
  if (element.closest(".folded-away")) {
    for (const more of body.querySelectorAll(".fold-more")) more.click();
    if (words) foldBlocks([...body.children], words);
  }
  if (body?.classList.contains("clipped")) body.parentElement.querySelector(".fold-more")?.click();
  for (let details = element.closest("details"); details; details = details.parentElement.closest("details")) details.open = true;
}
