// A text box knows only one kind of line end. What was not touched keeps its own.

/** A text in lines, each with its end. */
function linesOf(text) {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) || [];
}

const bare = (line) => line.replace(/\r\n|\r/g, "\n");

/**
 * What was typed, with the line ends of the text that it was made from.
 * @param {string} original as stored @param {string} typed as a text box gives it
 */
export function withLineEnds(original, typed) {
  if (!original.includes("\r")) return typed;
  if (bare(original) === typed) return original;
  const before = linesOf(original);
  const after = linesOf(typed);
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && bare(before[head]) === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && bare(before.at(-1 - tail)) === after.at(-1 - tail)) tail += 1;
  const end = /\r\n|\r|\n/.exec(original)[0];
  const middle = after.slice(head, after.length - tail).map((line) => line.replace("\n", end));
  return [...before.slice(0, head), ...middle, ...before.slice(before.length - tail)].join("");
}
