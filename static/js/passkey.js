/* Passkeys: says in a toast why allauth's script could not use one, instead of only in the browser's log. */

const REASONS = {
  NotAllowedError: "The passkey was not used: the request was cancelled or took too long.",
  InvalidStateError: "This key is registered already.",
  SecurityError: "Passkeys work only at the portal's own address, over HTTPS.",
};

document.addEventListener("allauth.error", (event) => {
  const { exception } = event.detail;
  event.preventDefault();
  document.dispatchEvent(new CustomEvent("toast", {
    detail: { level: "error", text: REASONS[exception?.name] ?? "The passkey could not be used. Try again." },
  }));
});
