// Requests of our own scripts: the CSRF token is read when it is needed, because a log-in in another tab changes it.
export function csrfToken() {
  const entry = document.cookie.split("; ").find((cookie) => cookie.startsWith("csrftoken="));
  return entry ? decodeURIComponent(entry.slice("csrftoken=".length)) : "";
}

/** POST a form's data; resolves to the response, whatever its status. */
export function post(address, data) {
  return fetch(address, {
    method: "POST",
    body: data,
    headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch", Accept: "text/plain, application/json" },
    credentials: "same-origin",
  });
}
