// Drafts: what is being written and not saved. First in the browser's own database, a moment after each key; then, when
// the editor is left, as an entry of the outbox to the server, so that another browser has it too.
import { addEntry, ask, config } from "./api.js";
import { Store } from "./database.js";

/** @typedef {{user: string, conversation: number, version: number, messages: object[], at: number}} Draft */
const user = document.body.dataset.user || "";
/** @type {Map<number, Draft>} by conversation */
const local = new Map();
/** What the server has, without texts. @type {Map<number, {version: number, at: number}>} */
const remote = new Map();
/** A server's draft is newer only if it is so by more than clocks and the way differ. */
const SLACK = 60_000;
const store = new Store("winnow-drafts", "drafts", { keyPath: ["user", "conversation"] });

/** Read what is here, and ask the server which drafts it has. Resolves when what is here is known. */
export async function loadDrafts() {
  for (const draft of (await store.run("readonly", (drafts) => drafts.getAll()).catch(() => [])) || []) {
    if (draft.user === user) local.set(draft.conversation, draft);
  }
  const answer = ask(config.addresses.drafts).then(({ data }) => {
    for (const draft of data?.drafts || []) remote.set(draft.conversation, draft);
  });
  return { told: answer };
}

/** Keep a draft in this browser. @param {number} conversation @param {number} version @param {object[]} messages */
export function keepLocally(conversation, version, messages) {
  const draft = { user, conversation, version, messages, at: Date.now() };
  local.set(conversation, draft);
  return store.run("readwrite", (drafts) => drafts.put(draft)).catch((problem) => console.warn("The draft is kept only in this page", problem));
}

/** Send a draft to the server, too. @param {import("./state.js").Item} item @param {Draft} draft */
export function sendDraft(item, draft) {
  addEntry("draft", { messages: draft.messages, version: draft.version, seconds: null }, { item });
}

/** Forget a draft here. */
export function forgetLocally(conversation) {
  local.delete(conversation);
  remote.delete(conversation);
  return store.run("readwrite", (drafts) => drafts.delete([user, conversation])).catch(() => {});
}

/** Throw a draft away, here and on the server. @param {import("./state.js").Item} item */
export function discardDraft(item) {
  forgetLocally(item.conversation);
  addEntry("draft", { messages: null, seconds: null }, { item });
}

/** @param {number} conversation @returns {Draft|null} the one of this browser */
export function localDraft(conversation) {
  return local.get(conversation) || null;
}

/** The newest draft, wherever it is. @param {number} conversation @returns {Promise<Draft|null>} */
export async function newestDraft(conversation) {
  const here = local.get(conversation);
  const there = remote.get(conversation);
  if (!there || (here && there.at <= here.at + SLACK)) return here || null;
  const { data } = await ask(config.addresses.draft.replace("/0", `/${conversation}`));
  return data || here || null;
}
