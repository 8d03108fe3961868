// What must the pages do that HTML and htmx cannot say? Everything here is an addition: pages work without it.
(function () {
  "use strict";
  const POLL_MS = 5000;
  let live = false;

  document.addEventListener("click", function (event) {
    const appearance = event.target.closest("[data-appearance]");
    if (appearance) {
      window.chooseTheme(appearance.dataset.appearance);
      markAppearance();
    }
    const remove = event.target.closest("[data-remove]");
    if (remove) remove.closest(remove.dataset.remove).remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).textContent.trim());
    if (event.target.closest("[data-print]")) window.print();
    const fill = event.target.closest("[data-fill]");
    if (fill) document.querySelector(fill.dataset.fill).value = fill.value;
    const key = event.target.closest("[data-key]");
    if (key) {
      const input = document.querySelector(key.dataset.into);
      input.value = key.dataset.key === "back" ? input.value.slice(0, -1) : input.value + key.dataset.key;
    }
  });

  function markAppearance() {
    const chosen = localStorage.getItem("portvakt-theme") || "system";
    document.querySelectorAll("[data-appearance]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.appearance === chosen));
      button.classList.toggle("active", button.dataset.appearance === chosen);
    });
  }
  markAppearance();

  document.addEventListener("submit", function (event) {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // Hints say "look"; while none can come, look every five seconds. Fragments listen to `poll` beside their hint.
  document.addEventListener("htmx:sseOpen", function () {
    live = true;
    document.body.classList.add("is-live");
    document.body.dispatchEvent(new CustomEvent("poll"));
  });
  ["htmx:sseError", "htmx:sseClose"].forEach(function (name) {
    document.addEventListener(name, function () {
      live = false;
      document.body.classList.remove("is-live");
    });
  });
  setInterval(function () {
    if (!live && !document.hidden) document.body.dispatchEvent(new CustomEvent("poll"));
  }, POLL_MS);

  // htmx leaves refusals alone; ours carry the form with what is wrong with it (422) or a sentence (429).
  document.addEventListener("htmx:beforeSwap", function (event) {
    if ([422, 429].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
})();
