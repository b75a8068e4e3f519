// What lies under the pointer: coordinates, depth, and what the layers that are on say of the place.
"use strict";
(() => {
  const { element, shape, degreesMinutes, decimalDegrees, wrapLon } = cablemap;

  const CROSS = "M-7 0 H7 M0 -7 V7";
  const crossIcon = () =>
    L.divIcon({
      className: "place-mark",
      iconSize: [0, 0],
      html: element(
        "div",
        {},
        shape("svg", { viewBox: "-9 -9 18 18", width: 18, height: 18, "aria-hidden": "true" }, [
          shape("path", { d: CROSS, stroke: "#ffffff", "stroke-width": 5 }),
          shape("path", { d: CROSS, stroke: "#12263a", "stroke-width": 2 }),
        ]),
      ),
    });

  // A clicked place keeps its coordinates in the read-out, to be read after a tap and to be copied.
  function makeMark(context, textOf) {
    const { map } = context;
    const text = element("span", {
      class: "marked-text",
      tabindex: 0,
      role: "textbox",
      "aria-readonly": "true",
      "aria-label": "Coordinates of the marked place",
      on: { click: selectText, focus: selectText },
    });
    const clear = () => {
      line.hidden = true;
      cross.remove();
    };
    const line = element(
      "div",
      { class: "marked", hidden: true },
      text,
      element(
        "button",
        { type: "button", class: "tool-close", "aria-label": "Remove the mark", on: { click: clear } },
        "×",
      ),
    );
    const cross = L.marker([0, 0], { icon: crossIcon(), interactive: false, keyboard: false, pane: "cursor" });
    function selectText() {
      getSelection().selectAllChildren(text);
    }
    map.on("click", ({ latlng }) => {
      if (context.isMeasuring) return;
      text.textContent = textOf(latlng);
      line.hidden = false;
      cross.setLatLng(latlng).addTo(map);
    });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && clear());
    L.DomEvent.disableClickPropagation(line);
    return line;
  }

  function coordinatesOf({ lat, lng }) {
    const lon = wrapLon(lng);
    const decimal = `${decimalDegrees(lat, "lat", 4)}  ${decimalDegrees(lon, "lon", 4)}`;
    return `${decimal}   ·   ${degreesMinutes(lat, "lat", 3)}  ${degreesMinutes(lon, "lon", 3)}`;
  }

  // Coordinates and depth under the pointer, and what `context.readers` say of the place: (latLng) => text or null.
  function addReadout(context, control) {
    const { map, content } = context;
    const readout = cablemap.makeReadout(map, content.readout, content.extent);
    const place = element("span", {}, "Point at the map; click to mark a place");
    const depth = element("span", { class: "coordinates-depth" });
    const layers = element("span", { class: "coordinates-layers" });
    depth.title = `Mean of about ${content.readout.cellKm} km of seabed`;
    const pointed = element("div", { class: "pointed" }, place, depth, layers);
    // On a phone the legends take the whole lower edge.
    const corner = window.matchMedia("(max-width: 600px)").matches ? "topright" : "bottomleft";
    map.addControl(
      control(corner, element("div", { class: "coordinates" }, makeMark(context, coordinatesOf), pointed), true),
    );
    // Of the container, not of the map: Leaflet gives the map no event where a layer with a tip lies.
    map.getContainer().addEventListener("mousemove", (event) => {
      if (event.target.closest(".leaflet-control")) return;
      const latLng = map.mouseEventToLatLng(event);
      place.textContent = coordinatesOf(latLng);
      const metres = readout.at(latLng);
      depth.textContent = metres === null ? "" : `depth about ${metres.toLocaleString("en-US")} m`;
      const told = context.readers.map((reader) => reader(latLng)).filter(Boolean);
      layers.replaceChildren(...told.map((text) => element("span", {}, text)));
    });
  }

  Object.assign(cablemap, { addReadout });
})();
