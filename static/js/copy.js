/* Copy buttons: [data-copy] holds the text. The button says so for a moment, and screen readers hear it. */

const LIFE = 1600;

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    document.dispatchEvent(new CustomEvent("toast", {
      detail: { level: "warning", text: "The browser did not allow copying. Select the text and copy it by hand." },
    }));
    return;
  }
  const use = button.querySelector("use");
  const href = use.getAttribute("href");
  use.setAttribute("href", href.replace(/#.*/, "#check-lg"));
  button.dataset.copied = "yes";
  document.dispatchEvent(new CustomEvent("announce", { detail: "Copied" }));
  setTimeout(() => {
    use.setAttribute("href", href.replace(/#.*/, "#copy"));
    delete button.dataset.copied;
  }, LIFE);
}

function reveal(root) {
  if (!navigator.clipboard) return; // only in a secure context
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button && !button.dataset.copied) copy(button);
});
reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));
