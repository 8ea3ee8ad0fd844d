/* Forms: no double submit, focus on the first mistake, confirmation by typing a name. */

const BUSY = "busy";

function submitters(form) {
  return form.querySelectorAll("button:not([type]), button[type=submit]");
}

function release(form) {
  delete form.dataset[BUSY];
  for (const button of submitters(form)) button.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // A file to download leaves the page as it is: nothing would ever say that the form may be sent again.
  if (form.method !== "post" || "download" in form.dataset) return;
  if (form.dataset[BUSY]) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset[BUSY] = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}, true);

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form) release(form);
});

// Back from another page: the browser shows the form as it was left.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(release));

function typedName(form) {
  const button = submitters(form)[0];
  const input = form.querySelector("[name=confirm]");
  if (!input || !button) return;
  const update = () => { button.disabled = input.value.trim() !== form.dataset.confirm; };
  input.addEventListener("input", update);
  update();
}

function prepare(root) {
  root.querySelectorAll("form[data-confirm]").forEach(typedName);
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
document.querySelector('main [aria-invalid="true"]')?.focus();
