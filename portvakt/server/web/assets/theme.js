// Light or dark? As chosen in the account menu, else as the system says. Loaded before the page is drawn, so that it never flashes.
(function () {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  function show() {
    const chosen = localStorage.getItem("portvakt-theme");
    const dark = chosen === "dark" || (chosen !== "light" && system.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  }
  window.chooseTheme = function (theme) {
    if (theme === "system") localStorage.removeItem("portvakt-theme");
    else localStorage.setItem("portvakt-theme", theme);
    show();
  };
  system.addEventListener("change", show);
  show();
})();
