/* What htmx requests end in: a page where a fragment was expected (sign-in, a redirect), an error, new results. */

function isDocument(text) {
  return /^\s*<!doctype html/i.test(text);
}

function toast(text) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { level: "error", text } }));
}

/* After sign-in one should come back to the page, not to a fragment of it; a dialog is a page of its own. */
function whereToGo(detail) {
  const url = new URL(detail.xhr.responseURL);
  const intoDialog = detail.target.id === "dialog-body" && detail.requestConfig.verb === "get";
  if (url.searchParams.has("next") && !intoDialog) {
    url.searchParams.set("next", location.pathname + location.search);
  }
  return url.href;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  if (xhr.status >= 400 || !isDocument(xhr.responseText)) return;
  const source = requestConfig?.elt ?? elt;
  const expected = source.closest("[hx-select]") && !xhr.responseText.includes('data-layout="entrance"');
  if (expected) return;
  event.detail.shouldSwap = false;
  location.assign(whereToGo(event.detail));
});

/* Signing in anew gives a new token; the forms of a page that was open take it over. */
document.addEventListener("csrf-token", (event) => {
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = event.detail.token;
});

/* What finds it in the log. */
function numbered(xhr) {
  const number = xhr.getResponseHeader("X-Request-ID");
  return number ? ` If it happens again, tell an administrator the number of this request: ${number}` : "";
}

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status >= 500 && event.detail.requestConfig?.headers?.Unattended) return; // it asks again by itself
  if (status === 403) toast("You may not do this any more. Reload the page to see what you may.");
  else if (status === 404) toast("This is not there any more. Reload the page.");
  else if (status === 429) toast("Too many attempts. Wait a minute and try again.");
  else toast(`The server could not do this (error ${status}). Try again in a moment.${numbered(event.detail.xhr)}`);
});

document.addEventListener("htmx:sendError", (event) => {
  // Polling goes on by itself; only what a person started is worth a message.
  if (event.detail.requestConfig?.triggeringEvent) toast("The server cannot be reached. Check your connection.");
});

// What a filter found is said, since the eyes may be elsewhere.
document.addEventListener("htmx:afterSwap", (event) => {
  const summary = document.getElementById(event.detail.target.id)?.querySelector("[data-summary]");
  if (summary) document.dispatchEvent(new CustomEvent("announce", { detail: summary.textContent.trim() }));
});
