/* The keyboard: `/` searches, `?` lists the keys, `g` and a letter goes to a page of the navigation.
   Single keys can be switched off in the list (WCAG 2.1.4), for people who speak to their computer. */

const STORE = "keys-off";
const WAIT = 1200;
const list = document.getElementById("keys");
const checkbox = document.querySelector("[data-keys-enabled]");
let going = 0;

function off() {
  try {
    return localStorage.getItem(STORE) === "yes";
  } catch {
    return false;
  }
}

function remember(isOff) {
  try {
    localStorage.setItem(STORE, isOff ? "yes" : "no");
  } catch {
    // it cannot be remembered
  }
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function go(key) {
  const link = [...document.querySelectorAll("[data-go]")].find((item) => item.dataset.go === key);
  link?.click();
  return Boolean(link);
}

function handle(key) {
  if (Date.now() - going < WAIT) {
    going = 0;
    return go(key);
  }
  if (key === "g") {
    going = Date.now();
    return true;
  }
  if (key === "/") return search();
  if (key === "?" && list) {
    list.showModal();
    return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (off() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (handle(event.key)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys-open]")) list?.showModal();
  else if (event.target === list) list.close();
});
if (checkbox) {
  checkbox.checked = !off();
  checkbox.addEventListener("change", () => remember(!checkbox.checked));
}
