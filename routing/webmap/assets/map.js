// Puts the page together on the map that Folium made.
"use strict";
(() => {
  const { element, shape, degreesMinutes, decimalDegrees, wrapLon, vectorLooks } = cablemap;

  const PANES = { graticule: 402, context: 405, casing: 410, routes: 415, touch: 420, positions: 430, landings: 440, cursor: 450, names: 455, labels: 460 };
  const SILENT = ["graticule", "casing", "routes", "names", "labels", "cursor"];

  function makePanes(map) {
    for (const [name, level] of Object.entries(PANES)) {
      const pane = map.createPane(name);
      pane.style.zIndex = level;
      if (SILENT.includes(name)) pane.style.pointerEvents = "none";
    }
  }

  function control(position, node, isPassive) {
    const box = new L.Control({ position });
    box.onAdd = () => {
      if (!isPassive) L.DomEvent.disableClickPropagation(node);
      return node;
    };
    return box;
  }

  const button = (label, icon, click) => element("button", { type: "button", class: "map-button", "aria-label": label, title: label, on: { click } },
    shape("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" }, icon.map((d) => shape("path", { d, fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" }))));

  function northArrow() {
    return element("div", { class: "north", role: "img", "aria-label": "North is up" },
      shape("svg", { viewBox: "0 0 24 34", width: 24, height: 34, "aria-hidden": "true" },
        shape("path", { d: "M12 12 L18 32 L12 27.5 Z", fill: "#12263a" }), shape("path", { d: "M12 12 L6 32 L12 27.5 Z", fill: "#ffffff", stroke: "#12263a", "stroke-width": 1 }),
        shape("text", { x: 12, y: 9, "text-anchor": "middle", "font-size": 10, "font-weight": 700, fill: "#12263a" }, "N")));
  }

  // Coordinates and depth under the pointer.
  function addReadout(map, readout, cellKm) {
    const place = element("span", {}, "Move the pointer over the map");
    const depth = element("span", { class: "coordinates-depth" });
    map.addControl(control("bottomleft", element("div", { class: "coordinates" }, place, depth), true));
    map.on("mousemove", ({ latlng: { lat, lng } }) => {
      const lon = wrapLon(lng);
      place.textContent = `${decimalDegrees(lat, "lat", 4)}  ${decimalDegrees(lon, "lon", 4)}   ·   ${degreesMinutes(lat, "lat", 3)}  ${degreesMinutes(lon, "lon", 3)}`;
      const metres = readout.at(L.latLng(lat, lng));
      depth.textContent = metres === null ? "" : `depth about ${metres.toLocaleString("en-US")} m`;
      depth.title = `Mean of about ${cellKm} km of seabed`;
    });
  }

  const routeBounds = ({ content, store }) => {
    const shown = content.options.filter((option, i) => store.visible[i]);
    const points = (shown.length ? shown : content.options).flatMap((option) => option.links.flatMap((link) => link.points.map(([lon, lat]) => [lat, lon])));
    const used = content.landings.filter((landing) => landing.used).map(({ lat, lon }) => [lat, lon]);
    return L.latLngBounds([...points, ...used]);
  };

  function fitRoutes(context) {
    const { x } = context.map.getSize();
    const side = Math.min(130, 0.14 * x);
    context.map.fitBounds(routeBounds(context), { paddingTopLeft: [side, 60], paddingBottomRight: [side, 84], animate: false });
  }

  function addControls(context, elements) {
    const { map, content } = context;
    const [south, west, north, east] = content.extent;
    const zoom = element("div", { class: "map-buttons", role: "group", "aria-label": "Map view" },
      button("Zoom in", ["M10 4 V16", "M4 10 H16"], () => map.zoomIn(1)),
      button("Zoom out", ["M4 10 H16"], () => map.zoomOut(1)),
      button("Fit the routes", ["M3 7 V3 H7", "M13 3 H17 V7", "M17 13 V17 H13", "M7 17 H3 V13", "M7 12 Q10 6 13 9"], () => fitRoutes(context)),
      button("Show the whole area", ["M10 3 A7 7 0 1 0 10 17 A7 7 0 1 0 10 3", "M3 10 H17", "M10 3 Q5 10 10 17", "M10 3 Q15 10 10 17"], () => map.fitBounds([[south, west], [north, east]], { animate: false })));
    map.addControl(control("topleft", zoom));
    map.addControl(control("topright", northArrow(), true));
    const legends = element("div", { class: "legends" });
    map.addControl(control("bottomright", legends, true));
    context.showLegends = () => legends.replaceChildren(...[["depth", "Water depth", "metres"], ["cost", "Route cost", "thousand USD per km"]]
      .filter(([name]) => elements[name] && map.hasLayer(elements[name])).map(([name, title, unit]) => cablemap.legend(title, unit, content.legends[name])));
    context.showLegends();
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
    addReadout(map, cablemap.makeReadout(map, content.readout, content.extent), content.readout.cellKm);
  }

  function lookOf(style, kind) {
    const look = vectorLooks[style];
    const isLine = kind === "line" || look.fill === false;
    return isLine
      ? { height: "0", "border-top": `2px ${look.dashArray ? "dashed" : "solid"} ${style === "sector" ? "#7a96a8" : look.color}` }
      : { height: "10px", background: look.fillColor, border: `1px solid ${look.color}`, "border-radius": kind === "point" ? "50%" : "2px", width: kind === "point" ? "10px" : null };
  }

  // Every switch of the panel: {group, name, shown, show, look}.
  function makeLayers(context, elements) {
    const { map, content } = context;
    const flip = (layer) => (isOn) => {
      if (isOn) map.addLayer(layer);
      else map.removeLayer(layer);
      context.showLegends();
      context.placeLabels();
    };
    const layers = [{ group: "Seabed", name: "Bathymetry", shown: true, show: flip(elements.depth) }];
    if (elements.cost) layers.push({ group: "Seabed", name: "Route cost per km", shown: false, show: flip(elements.cost) });
    const landings = cablemap.drawLandings(context);
    const others = content.landings.filter((landing) => !landing.used).length;
    if (others) {
      landings.candidates.addTo(map);
      layers.push({ group: "Routes", name: `Other candidate landings (${others})`, shown: true, show: flip(landings.candidates), look: { width: "8px", height: "8px", border: "1.5px solid #6d6558", "border-radius": "50%", background: "#f6f2ea" } });
    }
    for (const vector of content.vectors) {
      const layer = cablemap.drawVector(vector);
      if (vector.shown) layer.addTo(map);
      layers.push({ group: vector.group, name: vector.name, shown: vector.shown, show: flip(layer), look: lookOf(vector.style, vector.kind) });
    }
    const lines = cablemap.graticule(map).addTo(map);
    layers.push({ group: "Reference", name: "Latitude and longitude", shown: true, show: flip(lines) });
    return layers;
  }

  // On narrow windows the panel opens over the map.
  function addPanelSwitch(context, page) {
    const narrow = window.matchMedia("(max-width: 960px)");
    const flip = element("button", { type: "button", class: "panel-switch", "aria-controls": "panel", on: { click: () => open(!page.classList.contains("has-panel")) } });
    function open(isOpen) {
      page.classList.toggle("has-panel", isOpen);
      flip.setAttribute("aria-expanded", String(isOpen));
      flip.setAttribute("aria-label", isOpen ? "Hide the panel" : "Show the panel");
      flip.replaceChildren(isOpen ? "‹" : "›");
      context.map.invalidateSize({ animate: false });
    }
    page.append(flip);
    narrow.addEventListener("change", () => open(!narrow.matches));
    open(!narrow.matches);
  }

  // A sheet has its own size: the map must be fitted before the browser lays the sheet out.
  function preparePrinting(context) {
    const { map } = context;
    let before = null;
    const begin = () => {
      if (before) return;
      before = { center: map.getCenter(), zoom: map.getZoom() };
      document.documentElement.classList.add("printing");
      map.invalidateSize({ animate: false });
      fitRoutes(context);
      context.redrawProfile();
    };
    const end = () => {
      if (!before) return;
      document.documentElement.classList.remove("printing");
      map.invalidateSize({ animate: false });
      map.setView(before.center, before.zoom, { animate: false });
      context.redrawProfile();
      before = null;
    };
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    window.matchMedia("print").addEventListener("change", ({ matches }) => (matches ? begin() : end()));
  }

  cablemap.start = (elements, content) => {
    const { map } = elements;
    const context = { map, content, store: cablemap.makeStore(content.options), positionZoom: 0, showLegends: () => {}, placeLabels: () => {} };
    const page = document.getElementById("page");
    page.classList.add("has-panel");
    map.getContainer().setAttribute("role", "application");
    map.getContainer().setAttribute("aria-label", "Map; arrow keys move it, plus and minus zoom");
    makePanes(map);
    map.invalidateSize({ animate: false });
    fitRoutes(context);
    cablemap.drawDrawer(context, document.getElementById("drawer"));
    context.positionZoom = Math.max(6, map.getZoom() - 0.5);
    cablemap.drawRoutes(context);
    context.layers = makeLayers(context, elements);
    addControls(context, elements);
    cablemap.drawPanel(context, document.getElementById("panel"));
    addPanelSwitch(context, page);
    map.invalidateSize({ animate: false });
    fitRoutes(context);
    cablemap.drawLabels(context);
    preparePrinting(context);
    document.documentElement.classList.add("is-ready");
  };
})();
