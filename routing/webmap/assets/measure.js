// Measures geodesic distances between places that are clicked, in kilometres and nautical miles.
"use strict";
(() => {
  const { element, fixed, inverse, geodesicLine, NAUTICAL_MILE_M } = cablemap;

  const LOOK = { pane: "cursor", color: "#12263a", weight: 2.4, interactive: false };
  const kmText = (metres) => `${fixed(metres / 1000, 3)} km`;
  const milesText = (metres) => `${fixed(metres / NAUTICAL_MILE_M, 3)} NM`;

  // Legs between places as (lon, lat): {metres, bearing}, or null where the ends are antipodal.
  const legsOf = (places) => places.slice(1).map((place, i) => inverse(places[i], place));

  // A geodesic that leaves the map on one side comes in on the other.
  function drawnLines(a, b) {
    const line = geodesicLine(a, b);
    if (!line) return [];
    const turn = b[0] - line[line.length - 1][0];
    const shifted = line.map(([lon, lat]) => [lon + turn, lat]);
    return Math.abs(turn) < 1e-6 ? [line] : [line, shifted];
  }

  function draw(group, places) {
    group.clearLayers();
    places.slice(1).forEach((place, i) => {
      for (const line of drawnLines(places[i], place)) {
        const latLngs = line.map(([lon, lat]) => [lat, lon]);
        L.polyline(latLngs, { ...LOOK, color: "#ffffff", weight: 5.5 }).addTo(group);
        L.polyline(latLngs, { ...LOOK, dashArray: "7 5", className: "measure-line" }).addTo(group);
      }
    });
    const dot = { ...LOOK, radius: 4.5, fillColor: "#ffffff", fillOpacity: 1, className: "measure-point" };
    for (const [lon, lat] of places) L.circleMarker([lat, lon], dot).addTo(group);
  }

  function legTable(legs) {
    const row = (leg, i) =>
      element(
        "tr",
        {},
        element("td", {}, `${i + 1}–${i + 2}`),
        leg
          ? [kmText(leg.metres), milesText(leg.metres), `${fixed(leg.bearing, 1)}°`].map((text) =>
              element("td", { class: "number" }, text),
            )
          : element("td", { colspan: 3 }, "antipodal: not computed"),
      );
    const heads = ["Leg", "Kilometres", "Nautical miles", "Bearing"].map((head, i) =>
      element("th", { scope: "col", class: i ? "number" : null }, head),
    );
    return element(
      "table",
      { class: "measure-legs" },
      element("thead", {}, element("tr", {}, heads)),
      element("tbody", {}, legs.map(row)),
    );
  }

  function totalText(places) {
    const legs = legsOf(places);
    if (!legs.length) return places.length ? "One point: add another." : "";
    const known = legs.filter(Boolean);
    const metres = known.reduce((sum, leg) => sum + leg.metres, 0);
    const lacking = known.length < legs.length ? ", without the antipodal legs" : "";
    return `Total ${kmText(metres)} · ${milesText(metres)}${lacking}`;
  }

  const ICON = ["M2.5 13.5 L13.5 2.5 L17.5 6.5 L6.5 17.5 Z", "M6 10 L8 12", "M9 7 L11 9", "M12 4 L14 6"];
  const HINT = "Click the map to add points. Double click or Enter ends, Escape clears.";

  // The parts of the box; `act` holds what its buttons do.
  function makeBox(act) {
    const table = element("div", { class: "tool-scroll" });
    const total = element("p", { class: "tool-answer", role: "status" });
    const press = (name, click) =>
      element("button", { type: "button", class: "tool-button", on: { click } }, name);
    const close = element(
      "button",
      { type: "button", class: "tool-close", "aria-label": "Clear", on: { click: act.clear } },
      "×",
    );
    const end = press("End", act.end);
    const box = element(
      "div",
      { class: "tool-box measure-box", role: "group", "aria-label": "Distances", hidden: true },
      element("div", { class: "tool-head" }, element("b", {}, "Distance on WGS84"), close),
      element("p", { class: "tool-hint" }, HINT),
      table,
      total,
      element("div", { class: "tool-line" }, press("Add the middle of the map", act.addMiddle), end),
    );
    return { box, table, total, end };
  }

  // The button and the box of distances; while it measures, clicks go to it and not to what is on the map.
  function makeMeasure(context) {
    const { map } = context;
    const group = L.layerGroup().addTo(map);
    const view = makeBox({ end, clear, addMiddle: () => add(map.getCenter()) });
    const button = cablemap.mapButton("Measure distances", ICON, () => (context.isMeasuring ? end() : begin()));
    let places = [];

    function setMode(isOn) {
      context.isMeasuring = isOn;
      button.setAttribute("aria-pressed", String(isOn));
      map.getContainer().classList.toggle("is-measuring", isOn);
      map.doubleClickZoom[isOn ? "disable" : "enable"]();
      view.end.disabled = !isOn;
    }
    function update() {
      view.box.hidden = !context.isMeasuring && places.length < 2;
      view.table.replaceChildren(...(places.length > 1 ? [legTable(legsOf(places))] : []));
      view.table.scrollTop = view.table.scrollHeight;
      view.total.textContent = totalText(places);
      draw(group, places);
    }
    function begin() {
      places = [];
      map.closePopup();
      setMode(true);
      update();
    }
    function add({ lat, lng }) {
      if (!context.isMeasuring) begin();
      places.push([lng, lat]);
      update();
    }
    // A line stays until it is cleared or another is begun; a lone point does not.
    function end() {
      setMode(false);
      if (places.length < 2) places = [];
      update();
    }
    function clear() {
      setMode(false);
      places = [];
      update();
      button.focus();
    }
    map.on("click", ({ latlng, originalEvent }) => {
      // The second click of a double click is no point of its own.
      if (context.isMeasuring && originalEvent.detail < 2) add(latlng);
    });
    map.on("dblclick", () => context.isMeasuring && end());
    document.addEventListener("keydown", (event) => {
      if (view.box.hidden) return;
      if (event.key === "Escape") clear();
      else if (event.key === "Enter" && context.isMeasuring && !event.target.closest("button, input, select")) end();
    });
    setMode(false);
    return { button, box: view.box };
  }

  Object.assign(cablemap, { legsOf, drawnLines, makeMeasure });
})();
