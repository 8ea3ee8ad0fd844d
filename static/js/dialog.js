/* Dialogs: open when htmx has filled #dialog-body, close by Esc, a close button or `HX-Trigger: close-dialog`.
   A half-filled form is not thrown away without asking. The browser itself gives the focus back. */

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
let opener = null;
let sent = false; // something that was typed, and may come back with a mistake

function dirty() {
  const form = body.querySelector("form[method=post]");
  if (!form || form.dataset.confirm !== undefined) return false;
  if (form.dataset.unsaved !== undefined) return true; // what was typed came along from another dialog
  return [...form.elements].some((field) => {
    if (field.type === "hidden") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected && o.index > 0);
    return "defaultValue" in field && field.value !== field.defaultValue;
  });
}

function close() {
  if (dialog?.open) dialog.close();
}

function closeOrAsk() {
  const question = body.querySelector("[data-dialog-discard]");
  if (!question || !dirty()) {
    close();
    return;
  }
  question.hidden = false;
  question.querySelector("[data-dialog-keep]").focus();
}

function keepEditing() {
  body.querySelector("[data-dialog-discard]").hidden = true;
  body.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function focusFirst() {
  const first =
    body.querySelector('[aria-invalid="true"], [autofocus]') ??
    body.querySelector(".dialog-body :is(input:not([type=hidden]), select, textarea):not(:disabled)") ??
    body.querySelector("[data-dialog-close]");
  first?.focus();
  first?.closest(".field")?.scrollIntoView({ block: "nearest" }); // what is wrong with it stands below it
}

if (dialog && body) {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target !== body) return;
    if (!dialog.open) opener = document.activeElement;
    sent = dialog.open && event.detail.requestConfig.verb === "post" && dirty();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== body || !body.firstElementChild) return;
    if (!dialog.open) dialog.showModal();
    if (sent) body.querySelector("form[method=post]")?.setAttribute("data-unsaved", "");
    sent = false;
    focusFirst();
  });
  // Somebody whose session ended is not led away from what they typed (portal/recency.py).
  document.addEventListener("htmx:configRequest", (event) => {
    if (dialog.open && dirty()) event.detail.headers.Unsaved = "yes";
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeOrAsk();
  });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
}

// On a page of its own there is no <dialog>, only what is in it.
if (!dialog && body) {
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === body) focusFirst();
  });
}

document.addEventListener("click", (event) => {
  const inside = (selector) => event.target.closest?.(selector);
  if (inside("[data-dialog-drop]")) close();
  else if (inside("[data-dialog-keep]")) keepEditing();
  else if (inside("[data-dialog-close]")) {
    const own = inside("dialog");
    if (!own) return; // on a page of its own it is a plain link
    event.preventDefault();
    if (own === dialog) closeOrAsk();
    else own.close();
  } else if (event.target === dialog) closeOrAsk(); // the backdrop
});

/* What is unfolded at a dialog's lower end comes into sight as soon as it is there. */
document.addEventListener("toggle", (event) => {
  const part = event.target;
  if (!part.open || !part.matches?.("details.equivalent")) return;
  const reveal = () => part.scrollIntoView({ block: "nearest" });
  if (part.querySelector("[hx-post]")) part.addEventListener("htmx:afterSettle", reveal, { once: true });
  else reveal();
}, true);

document.addEventListener("close-dialog", () => {
  if (dialog) close();
  else document.querySelector("[data-dialog-close]")?.click();
});
