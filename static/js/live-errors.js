/* Mistakes found while typing: what stands in [data-errors-for] makes its field valid or invalid, for everyone. */

function tell(place) {
  const input = document.getElementById(place.dataset.errorsFor);
  if (!input) return;
  const list = place.querySelector(".errorlist");
  const described = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  const id = `${place.dataset.errorsFor}_error`;
  if (list) {
    list.id = id;
    described.add(id);
    input.setAttribute("aria-invalid", "true");
  } else {
    described.delete(id);
    input.removeAttribute("aria-invalid");
  }
  if (described.size) input.setAttribute("aria-describedby", [...described].join(" "));
  else input.removeAttribute("aria-describedby");
}

for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) {
  document.addEventListener(name, (event) => {
    const place = event.detail.target?.closest?.("[data-errors-for]");
    if (place) tell(place);
  });
}
