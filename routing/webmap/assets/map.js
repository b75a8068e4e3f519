// Puts the page together on the map that Folium made.
"use strict";
(() => {
  const { element, fitRoutes, vectorLooks } = cablemap;

  const PANES = {
    graticule: 402,
    context: 405,
    casing: 410,
    routes: 415,
    touch: 420,
    positions: 430,
    landings: 440,
    cursor: 450,
    names: 455,
    labels: 460,
  };
  const SILENT = ["graticule", "casing", "routes", "names", "labels", "cursor"];

  function makePanes(map) {
    for (const [name, level] of Object.entries(PANES)) {
      const pane = map.createPane(name);
      pane.style.zIndex = level;
      if (SILENT.includes(name)) pane.style.pointerEvents = "none";
    }
  }

  function lookOf(style, kind) {
    const look = vectorLooks[style];
    const isLine = kind === "line" || look.fill === false;
    return isLine
      ? {
          height: "0",
          "border-top": `2px ${look.dashArray ? "dashed" : "solid"} ${style === "sector" ? "#7a96a8" : look.color}`,
        }
      : {
          height: "10px",
          background: look.fillColor,
          border: `1px solid ${look.color}`,
          "border-radius": kind === "point" ? "50%" : "2px",
          width: kind === "point" ? "10px" : null,
        };
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
    if (elements.cost)
      layers.push({ group: "Seabed", name: "Route cost per km", shown: false, show: flip(elements.cost) });
    const landings = cablemap.drawLandings(context);
    const others = content.landings.filter((landing) => !landing.used).length;
    if (others) {
      landings.candidates.addTo(map);
      layers.push({
        group: "Routes",
        name: `Other candidate landings (${others})`,
        shown: true,
        show: flip(landings.candidates),
        look: {
          width: "8px",
          height: "8px",
          border: "1.5px solid #6d6558",
          "border-radius": "50%",
          background: "#f6f2ea",
        },
      });
    }
    for (const vector of content.vectors) {
      const layer = cablemap.drawVector(vector);
      if (vector.shown) layer.addTo(map);
      layers.push({
        group: vector.group,
        name: vector.name,
        shown: vector.shown,
        show: flip(layer),
        look: lookOf(vector.style, vector.kind),
      });
    }
    const lines = cablemap.graticule(map).addTo(map);
    layers.push({ group: "Reference", name: "Latitude and longitude", shown: true, show: flip(lines) });
    return layers;
  }

  // On narrow windows the panel opens over the map.
  function addPanelSwitch(context, page) {
    const narrow = window.matchMedia("(max-width: 960px)");
    const flip = element("button", {
      type: "button",
      class: "panel-switch",
      "aria-controls": "panel",
      on: { click: () => open(!page.classList.contains("has-panel")) },
    });
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
    const context = {
      map,
      content,
      store: cablemap.makeStore(content.options),
      positionZoom: 0,
      showLegends: () => {},
      placeLabels: () => {},
    };
    const page = document.getElementById("page");
    page.classList.add("has-panel");
    map.getContainer().setAttribute("role", "application");
    map.getContainer().setAttribute("aria-label", "Map; arrow keys move it, plus and minus zoom");
    makePanes(map);
    cablemap.prepareLinks(content.options);
    map.invalidateSize({ animate: false });
    fitRoutes(context);
    cablemap.drawDrawer(context, document.getElementById("drawer"));
    context.positionZoom = cablemap.positionZoom(context);
    cablemap.drawRoutes(context);
    context.layers = makeLayers(context, elements);
    cablemap.addControls(context, elements);
    cablemap.drawPanel(context, document.getElementById("panel"));
    addPanelSwitch(context, page);
    map.invalidateSize({ animate: false });
    fitRoutes(context);
    cablemap.drawLabels(context);
    preparePrinting(context);
    document.documentElement.classList.add("is-ready");
  };
})();
