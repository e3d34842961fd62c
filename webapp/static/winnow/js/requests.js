// htmx: the CSRF token, and what the server refuses.
import { csrfToken } from "./http.js";
import { hideNotice, showNotice } from "./notices.js";

const SILENT = "The server does not answer. Check the connection; nothing is lost, try again in a moment.";

document.body.addEventListener("htmx:configRequest", (event) => {
  const { detail } = event;
  if (detail.verb === "get") return;
  detail.headers["X-CSRFToken"] = csrfToken();
  // A form that was open during a log-in in another tab holds an old token.
  if (detail.parameters.csrfmiddlewaretoken) detail.parameters.csrfmiddlewaretoken = csrfToken();
});

// A refusal that comes as HTML is the form again with its errors, or a conflict to look at: it takes its place.
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const isHtml = (detail.xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
  if (detail.xhr.status >= 400 && detail.xhr.status < 500 && isHtml) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

document.body.addEventListener("htmx:responseError", ({ detail }) => {
  const { xhr } = detail;
  if (xhr.status === 401) {
    const login = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    showNotice("Your session has ended. What you typed here stays.", "warn", { href: login, text: "Log in again" });
    return;
  }
  const isText = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
  showNotice(isText && xhr.responseText ? xhr.responseText : `The server answered with error ${xhr.status}.`);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => showNotice(SILENT));
}
document.body.addEventListener("htmx:afterOnLoad", () => hideNotice(SILENT));
