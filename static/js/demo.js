/* Demo mode: a button per demo account fills the sign-in form. */

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-demo-email]");
  const form = document.querySelector("form[data-sign-in]");
  if (!button || !form) return;
  form.elements.login.value = button.dataset.demoEmail;
  form.elements.password.value = button.dataset.demoPassword;
  form.querySelector("button[type=submit]").focus();
});
