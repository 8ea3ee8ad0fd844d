/* Toasts: a view's messages, `HX-Trigger: {"toast": {"level": ..., "text": ...}}`, and what scripts announce.
   Good news goes away by itself unless somebody reads it; everything else stays until dismissed. */

const LIFE = 8000;
const LEVELS = ["success", "info", "warning", "error"];
const region = document.querySelector("[data-toasts]");
const template = document.querySelector("[data-toast-template]");
const announcer = document.querySelector("[data-announcer]");

function fade(note) {
  let timer;
  const start = () => { timer = setTimeout(() => note.remove(), LIFE); };
  const stop = () => clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) note.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) note.addEventListener(name, start);
  start();
}

/* A modal dialog hides and silences what is outside it, so the region moves in while one is open. */
function settle() {
  const host = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (region.parentElement !== host) host.append(region, announcer);
}

/* The same words once: a form that asks the server at each change would pile them up. */
function withdrawSame(note) {
  const words = (other) => other.querySelector("p").textContent;
  for (const other of region.querySelectorAll("[data-toast]")) {
    if (other !== note && words(other) === words(note)) other.remove();
  }
}

function show(note) {
  settle();
  withdrawSame(note);
  note.querySelector("[data-toast-close]").hidden = false;
  region.append(note);
  if (note.matches(".toast-success, .toast-info")) fade(note);
}

function make({ level, text }) {
  const note = template.content.firstElementChild.cloneNode(true);
  if (LEVELS.includes(level)) note.className = `toast-note toast-${level}`;
  note.querySelector("p").textContent = text;
  return note;
}

region.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});
document.addEventListener("toast", (event) => show(make(event.detail)));
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches?.("[data-toast]")) show(event.detail.elt); // an answer that was swapped in
});
document.addEventListener("close", settle, true);
document.addEventListener("announce", (event) => {
  settle();
  announcer.textContent = "";
  setTimeout(() => { announcer.textContent = event.detail; }, 50);
});

// A status region speaks when something is added to it, so what came with the page is added once more.
const waiting = [...region.querySelectorAll("[data-toast]")];
region.replaceChildren();
setTimeout(() => waiting.forEach(show), 100);
