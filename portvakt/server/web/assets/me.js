// How does a phone say where it is when, and only when, a door asks for it? A form with data-position sends it along.
(function () {
  "use strict";
  const ASK = { enableHighAccuracy: true, timeout: 10000, maximumAge: 30000 };

  function fill(form, name, value) {
    let field = form.querySelector("input[name=" + name + "]");
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    field.value = value;
  }

  // Without a position the wish is sent all the same: the door answers that it needs one, and the page says so.
  document.addEventListener("htmx:confirm", function (event) {
    const form = event.target.closest("form[data-position]");
    if (!form || !navigator.geolocation) return;
    event.preventDefault();
    navigator.geolocation.getCurrentPosition(
      function (found) {
        fill(form, "latitude", found.coords.latitude);
        fill(form, "longitude", found.coords.longitude);
        event.detail.issueRequest();
      },
      function () { event.detail.issueRequest(); },
      ASK
    );
  });
})();
