// Goes to a KP, a position, coordinates or a landing, and says where that is.
"use strict";
(() => {
  const { element, fixed, kp, decimalDegrees, degreesMinutes, wrapLon, placeAt } = cablemap;

  const at = (lat, lon) =>
    `${decimalDegrees(lat, "lat", 5)} ${decimalDegrees(wrapLon(lon), "lon", 5)}, ` +
    `${degreesMinutes(lat, "lat", 3)} ${degreesMinutes(wrapLon(lon), "lon", 3)}`;
  const wrong = (error) => ({ error });

  function findKp(link, kpKm) {
    // KP are read to a metre, so the end may be written half a metre long.
    if (kpKm < 0 || kpKm > link.lengthKm + 0.0005)
      return wrong(`KP ${kpKm} is not on ${link.name}: its KP run from 0 to ${fixed(link.lengthKm, 3)} km.`);
    const place = placeAt(link, Math.min(kpKm, link.lengthKm));
    return { ...place, text: `${kp(place.kp)} on ${link.name}: ${at(place.lat, place.lon)}` };
  }

  function findPosition(link, number) {
    const index = link.positions.findIndex((position) => position.number === number);
    if (index >= 0) {
      const position = link.positions[index];
      return { ...position, index, text: `Position ${number} of ${link.name}: ${at(position.lat, position.lon)}` };
    }
    const numbers = link.positions.map((position) => position.number);
    return wrong(
      numbers.length
        ? `${link.name} has no position ${number}: it has ${Math.min(...numbers)} to ${Math.max(...numbers)}.`
        : `${link.name} has no position list.`,
    );
  }

  function findCoordinates([south, west, north, east], { lat, lon }) {
    const middle = (west + east) / 2;
    const near = lon + 360 * Math.round((middle - lon) / 360);
    if (lat < south || lat > north || near < west || near > east) return wrong(`${at(lat, lon)} is outside this map.`);
    return { lat, lon: near, text: at(lat, near) };
  }

  // {lat, lon, text} of what a reader wrote, with kp or index where it is on the link; or {error}.
  function findPlace({ content, store }, written) {
    const link = content.options[store.option].links[store.link];
    const meant = cablemap.parsePlace(written, content.landings.map((landing) => landing.name));
    if (meant.error) return meant;
    if (meant.kind === "kp") return findKp(link, meant.kpKm);
    if (meant.kind === "position") return findPosition(link, meant.number);
    if (meant.kind === "coordinates") return findCoordinates(content.extent, meant);
    const { name, lat, lon } = content.landings[meant.index];
    return { lat, lon, text: `${name}: ${at(lat, lon)}` };
  }

  function goTo(context, pin, place) {
    const { map } = context;
    map.setView([place.lat, place.lon], Math.max(map.getZoom(), context.positionZoom), { animate: false });
    pin.setLatLng([place.lat, place.lon]).addTo(map);
    if (place.kp !== undefined) context.cursor.move(place.kp);
    if (place.index !== undefined) cablemap.openPosition(context, place.index);
  }

  const makePin = () =>
    L.circleMarker([0, 0], {
      pane: "cursor",
      radius: 13,
      weight: 3,
      color: "#12263a",
      dashArray: "5 4",
      fill: false,
      interactive: false,
      className: "goto-pin",
    });

  const EXAMPLES = ["KP 120.5", "#14", "40.5 N 50.2 E", "40° 35.126′ N 050° 0.475′ E", "a landing"]
    .map((example) => example.replaceAll(" ", "\u00a0"))
    .join(" · ");

  // The parts of the box; `act` holds what its buttons do.
  function makeBox(act) {
    const answer = element("p", { class: "tool-answer", role: "status" });
    const input = element("input", {
      type: "text",
      maxlength: 120,
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": "KP, position, coordinates or landing",
      placeholder: "KP 120.5",
    });
    const press = (attributes, click, text) =>
      element("button", { type: "button", ...attributes, on: { click } }, text);
    const box = element(
      "div",
      { class: "tool-box", role: "dialog", "aria-label": "Go to a place", hidden: true },
      element(
        "div",
        { class: "tool-head" },
        element("b", {}, "Go to"),
        press({ class: "tool-close", "aria-label": "Close" }, act.shut, "×"),
      ),
      element("div", { class: "tool-line" }, input, press({ class: "tool-button" }, act.submit, "Go")),
      element("p", { class: "tool-hint" }, EXAMPLES),
      answer,
    );
    return { box, input, answer };
  }

  const ICON = ["M10 2.5 A5 5 0 0 1 15 7.5 C15 11.5 10 17 10 17 C10 17 5 11.5 5 7.5 A5 5 0 0 1 10 2.5", "M10 7 V8"];

  // The button and the box that it opens.
  function makeGoTo(context) {
    const pin = makePin();
    const { box, input, answer } = makeBox({ shut, submit });
    const button = cablemap.mapButton("Go to a place", ICON, () => (box.hidden ? open() : shut()));
    button.setAttribute("aria-expanded", "false");
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === input) submit();
      else if (event.key === "Escape") shut();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });

    function submit() {
      const place = findPlace(context, input.value);
      answer.classList.toggle("is-wrong", Boolean(place.error));
      answer.textContent = place.error || place.text;
      input.setAttribute("aria-invalid", String(Boolean(place.error)));
      if (place.error) pin.remove();
      else goTo(context, pin, place);
    }
    function open() {
      box.hidden = false;
      button.setAttribute("aria-expanded", "true");
      input.focus();
      input.select();
    }
    function shut() {
      box.hidden = true;
      button.setAttribute("aria-expanded", "false");
      answer.textContent = "";
      pin.remove();
      button.focus();
    }
    return { button, box };
  }

  Object.assign(cablemap, { findPlace, makeGoTo });
})();
