// How does a phone draw a person's changing code? As core/credentials/codes.py says; the key stays in this page's memory.
(function () {
  "use strict";
  const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const PROOF_BYTES = 8;
  const QUIET = 4;
  const box = document.querySelector("[data-changing-code]");
  if (!box) return;
  const stepSeconds = Number(box.dataset.stepSeconds);
  const drawing = box.querySelector("[role=img]");
  const left = box.querySelector("[data-left]");
  const bar = box.querySelector("progress");
  let own = null;
  let drawn = null;

  function bytes(hexadecimal) {
    return Uint8Array.from(hexadecimal.match(/../g), function (pair) { return parseInt(pair, 16); });
  }

  function base32(plain) {
    let bits = 0, value = 0, text = "";
    plain.forEach(function (byte) {
      value = (value << 8) | byte;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text += BASE32[(value >>> bits) & 31];
      }
      value &= (1 << bits) - 1;
    });
    return bits ? text + BASE32[(value << (5 - bits)) & 31] : text;
  }

  async function codeText(step) {
    const stepBytes = new Uint8Array(4);
    new DataView(stepBytes.buffer).setUint32(0, step);
    const proof = new Uint8Array(await crypto.subtle.sign("HMAC", own.key, stepBytes)).slice(0, PROOF_BYTES);
    return "PV1:" + base32([...own.handle, ...stepBytes, ...proof]);
  }

  function draw(text) {
    const code = qrcode(0, "M");
    code.addData(text, "Alphanumeric");
    code.make();
    const size = code.getModuleCount();
    let path = "";
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        if (code.isDark(row, column)) path += "M" + (column + QUIET) + " " + (row + QUIET) + "h1v1h-1z";
      }
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const whole = size + 2 * QUIET;
    svg.setAttribute("viewBox", "0 0 " + whole + " " + whole);
    svg.setAttribute("shape-rendering", "crispEdges");
    const dark = document.createElementNS(svg.namespaceURI, "path");
    dark.setAttribute("d", path);
    svg.append(dark);
    drawing.replaceChildren(svg);
  }

  // The phone's own clock may be wrong; what counts is how far it was from the server's when the key came.
  function now() { return Date.now() / 1000 + own.ahead; }

  async function tick() {
    const seconds = now();
    const step = Math.floor(seconds / stepSeconds);
    const rest = stepSeconds - Math.floor(seconds % stepSeconds);
    if (step !== drawn) {
      drawn = step;
      draw(await codeText(step));
    }
    left.textContent = rest;
    bar.value = rest;
  }

  function show(name) {
    box.querySelectorAll("[data-when-drawn], [data-while-fetching], [data-when-failed]").forEach(function (part) {
      part.hidden = !part.hasAttribute(name);
    });
  }

  async function keepAwake() {
    try {
      if (navigator.wakeLock && !document.hidden) await navigator.wakeLock.request("screen");
    } catch { /* A phone that is low on power says no; the code is drawn all the same. */ }
  }

  async function fetchKey() {
    const answer = await fetch(box.dataset.changingCode, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const said = await answer.json();
    own = {
      handle: bytes(said.handle),
      key: await crypto.subtle.importKey("raw", bytes(said.key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
      ahead: said.now - Date.now() / 1000,
    };
  }

  fetchKey()
    .then(tick)
    .then(function () {
      show("data-when-drawn");
      setInterval(tick, 500);
      keepAwake();
      document.addEventListener("visibilitychange", keepAwake);
    })
    .catch(function () { show("data-when-failed"); });
})();
