/* Show password: the button beside a field for a password or a token turns it into text and back, and back again on submit. */

function set(button, shown) {
  const input = button.parentElement.querySelector("input");
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  const words = button.querySelector("span");
  words.textContent = words.textContent.replace(/^\w+/, shown ? "Hide" : "Show");
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, shown ? "#eye-slash" : "#eye"));
}

function reveal(root) {
  for (const button of root.querySelectorAll("[data-password-toggle]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-password-toggle]");
  if (button) set(button, button.getAttribute("aria-pressed") !== "true");
});
// So that the browser recognises it as a password and never keeps it as an ordinary value.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll('[data-password-toggle][aria-pressed="true"]')) set(button, false);
}, true);
reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));
