/* The theme: light, dark, or the system's. Runs in the head, before the first paint, so nothing flashes. */
(() => {
  const KEY = "theme";
  const NEXT = { system: "light", light: "dark", dark: "system" };
  const root = document.documentElement;

  function stored() {
    try {
      const theme = localStorage.getItem(KEY);
      return theme in NEXT ? theme : "system";
    } catch {
      return "system"; // storage is switched off
    }
  }

  function apply(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  }

  function show(button, theme) {
    const text = `Theme: ${theme}. Switch to ${NEXT[theme]}`;
    button.setAttribute("aria-label", text);
    button.title = text;
    button.hidden = false;
    for (const icon of button.querySelectorAll("[data-theme-icon]")) {
      icon.hidden = icon.dataset.themeIcon !== theme;
    }
  }

  apply(stored());
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      show(button, stored());
      button.addEventListener("click", () => {
        const theme = NEXT[stored()];
        try {
          localStorage.setItem(KEY, theme);
        } catch {
          // it holds for this page only
        }
        apply(theme);
        show(button, theme);
      });
    }
  });
})();
