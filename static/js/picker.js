/* Pick lists: a choice goes into its field, which hears about it as if it had been typed; typing narrows the list. */

function field(picker) {
  return document.getElementById(picker.dataset.picker);
}

function mark(picker) {
  const value = field(picker)?.value ?? "";
  for (const choice of picker.querySelectorAll("[data-pick]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.pick === value));
  }
}

function narrow(picker) {
  const typed = field(picker).value.trim().toLowerCase();
  const choices = [...picker.querySelectorAll("[data-pick]")];
  const matches = (choice) => `${choice.dataset.pick} ${choice.textContent}`.toLowerCase().includes(typed);
  const exact = choices.some((choice) => choice.dataset.pick.toLowerCase() === typed);
  const some = choices.some(matches);
  for (const choice of choices) choice.parentElement.hidden = !exact && some && !matches(choice);
}

function choose(choice) {
  const input = field(choice.closest("[data-picker]"));
  input.value = choice.dataset.pick;
  for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const choice = event.target.closest?.("[data-pick]");
  if (choice) choose(choice);
});

document.addEventListener("input", (event) => {
  if (!event.target.id) return;
  const picker = document.querySelector(`[data-picker="${CSS.escape(event.target.id)}"]`);
  if (!picker) return;
  narrow(picker);
  mark(picker);
});

function prepare(root) {
  const inside = root.querySelectorAll("[data-picker]");
  for (const picker of root.matches?.("[data-picker]") ? [root, ...inside] : inside) mark(picker);
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
