// Files are sent one by one, each with its progress; the server answers with the report of its import.
import { csrfToken } from "./http.js";
import { showNotice } from "./notices.js";

const form = document.getElementById("upload-form");
const zone = document.getElementById("drop-zone");
const input = document.getElementById("files");
const list = document.getElementById("uploads");
const limit = Number(form.dataset.limit);
const mostFiles = Number(form.dataset.mostFiles);
const waiting = [];
let sending = false;

function sizeOf(bytes) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function makeCard(file) {
  const card = element("section", "card stack sending");
  card.setAttribute("aria-label", `Upload of ${file.name}`);
  const line = element("div", "job-line");
  const state = element("span", "muted", "waiting");
  const stop = element("button", "button small", "Cancel");
  stop.type = "button";
  line.append(element("span", "", `${file.name} · ${sizeOf(file.size)}`), state, stop);
  const bar = document.createElement("progress");
  Object.assign(bar, { max: file.size || 1, value: 0 });
  bar.setAttribute("aria-label", `Progress of sending ${file.name}`);
  card.append(line, bar);
  list.append(card);
  return { card, state, bar, stop };
}

function refuse(view, text) {
  const notice = element("div", "notice bad", text);
  notice.setAttribute("role", "alert");
  view.state.textContent = "not sent";
  view.stop.remove();
  view.bar.replaceWith(notice);
}

function finish(view, request) {
  if (request.status === 200) {
    const holder = document.createElement("div");
    holder.innerHTML = request.responseText;
    const report = holder.firstElementChild;
    view.card.replaceWith(report);
    window.htmx.process(report);
    window.htmx.trigger(document.body, "jobs-changed");
  } else if (request.status === 401) {
    refuse(view, "Your session has ended. Log in again in another tab, then send the file once more.");
  } else {
    const isText = (request.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    refuse(view, isText ? request.responseText : `The server answered with error ${request.status}.`);
  }
}

function send({ file, keep, view }) {
  return new Promise((resolve) => {
    const data = new FormData();
    if (keep) data.append("keep_duplicates", "on");
    data.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    view.state.textContent = "sending";
    request.upload.onprogress = (event) => {
      view.bar.value = event.loaded;
      view.state.textContent = `${Math.floor((100 * event.loaded) / (event.total || 1))} % sent`;
    };
    request.onload = () => finish(view, request);
    request.onerror = () => refuse(view, "The connection broke off. Nothing of the file was kept; send it again.");
    request.onabort = () => refuse(view, "Cancelled. Nothing of the file was kept.");
    request.onloadend = resolve;
    view.stop.onclick = () => request.abort();
    request.send(data);
  });
}

async function sendAll() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const next = waiting.shift();
    if (!next.dropped) await send(next);
  }
  sending = false;
}

function add(files) {
  const keep = form.elements.keep_duplicates.checked;
  if (files.length > mostFiles) {
    showNotice(`At most ${mostFiles} files can be sent at once.`);
    return;
  }
  for (const file of files) {
    const view = makeCard(file);
    const entry = { file, keep, view, dropped: false };
    if (file.size > limit) {
      refuse(view, `The file is larger than ${sizeOf(limit)}. Compress it with gzip, or send it in parts.`);
      continue;
    }
    view.stop.onclick = () => {
      entry.dropped = true;
      refuse(view, "Cancelled. Nothing of the file was kept.");
    };
    waiting.push(entry);
  }
  sendAll();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.files.length) {
    showNotice("Choose at least one file.");
    return;
  }
  add([...input.files]);
  input.value = "";
});

for (const name of ["dragenter", "dragover"]) {
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
}
for (const name of ["dragleave", "drop"]) {
  zone.addEventListener(name, () => zone.classList.remove("is-over"));
}
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  add([...event.dataTransfer.files]);
});
// A file that misses the zone must not replace the page.
for (const name of ["dragover", "drop"]) {
  window.addEventListener(name, (event) => event.preventDefault());
}
window.addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault();
});
