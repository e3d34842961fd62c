// Requests to the server, and what is known about the way to it.
import { csrfToken } from "../http.js";

const PATIENCE = 30_000;

/**
 * How the last request went: "open"; "offline", no network or no server; "away", the server answers with errors;
 * "ended", the session is over; "other", somebody else is logged in in this browser; "refused", the role is gone.
 * @typedef {"open"|"offline"|"away"|"ended"|"other"|"refused"} Way
 */
export const connection = {
  /** @type {Way} */
  way: "open",
  message: "",
};

/** @param {Way} way */
function note(way, message = "") {
  const changed = connection.way !== way || connection.message !== message;
  Object.assign(connection, { way, message });
  if (changed) document.dispatchEvent(new CustomEvent("outbox:way", { detail: connection }));
}

/** @param {Response} response @returns {Promise<any>} */
async function bodyOf(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

/** @param {number} status @returns {Way|null} null: this request is at fault, not the way */
function wayOf(status) {
  if (status === 401) return "ended";
  if (status === 403) return "refused";
  if (status === 409) return "other";
  if (status === 408 || status === 429 || status >= 500) return "away";
  return null;
}

/**
 * Ask the server for JSON; never throws.
 * @param {string} address @param {object} [body] sent as JSON by POST @param {"GET"|"POST"} [method]
 * @returns {Promise<{data: any, way: Way|null, status: number, message: string}>}  data is null where it did not go well
 */
export async function ask(address, body, method = body ? "POST" : "GET") {
  let response;
  try {
    response = await fetch(address, {
      method,
      body: body && JSON.stringify(body),
      headers: {
        Accept: "application/json",
        // Somebody else may have logged in in another tab: they must not be taken for the one who did this.
        "X-Winnow-User": document.body.dataset.user || "",
        ...(body && { "Content-Type": "application/json", "X-CSRFToken": csrfToken() }),
      },
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.ok) {
      const data = await response.json();
      note("open");
      return { data, way: "open", status: response.status, message: "" };
    }
  } catch {
    note("offline");
    return { data: null, way: "offline", status: 0, message: "The server cannot be reached." };
  }
  // The way to the log-in page, from a server that does not say it in JSON.
  const status = response.type === "opaqueredirect" ? 401 : response.status;
  const answer = await bodyOf(response);
  const way = wayOf(status);
  const message = answer.message || `The server answered with error ${status}.`;
  note(way || "open", way ? message : "");
  return { data: null, way, status, message };
}

/** Pauses between tries: 1, 2, 4 ... 30 seconds, each up to a third longer, so that tabs do not come all at once. */
export class Pauses {
  tries = 0;

  next() {
    const pause = Math.min(1000 * 2 ** this.tries, 30_000);
    this.tries += 1;
    return pause * (1 + Math.random() / 3);
  }

  reset() {
    this.tries = 0;
  }
}

/** Call `again` where the way may be open again: back online, back in this window, logged in in another tab. */
export function whenReachable(again) {
  window.addEventListener("online", again);
  window.addEventListener("focus", again);
  document.addEventListener("visibilitychange", () => document.hidden || again());
  channel.addEventListener("message", ({ data }) => data.kind === "hello" && again());
}

/** Between the tabs of this browser: "hello" of a page that was loaded, "changed" of the outbox, "results". */
export const channel = new BroadcastChannel("winnow-outbox");
window.addEventListener("offline", () => note("offline"));
