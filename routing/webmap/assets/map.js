// Puts the page together on the map that Folium made.
"use strict";
(() => {
  const { element, fitRoutes } = cablemap;

  const PANES = {
    graticule: 402,
    context: 405,
    moved: 407,
    before: 408,
    casing: 410,
    routes: 415,
    touch: 420,
    positions: 430,
    landings: 440,
    cursor: 450,
    names: 455,
    labels: 460,
  };
  const SILENT = ["graticule", "moved", "casing", "routes", "names", "labels", "cursor"];

  function makePanes(map) {
    for (const [name, level] of Object.entries(PANES)) {
      const pane = map.createPane(name);
      pane.style.zIndex = level;
      if (SILENT.includes(name)) pane.style.pointerEvents = "none";
    }
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
    // For what is chosen in the panel and seen on the map.
    context.revealMap = () => narrow.matches && open(false);
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
      context.redrawDrawer();
    };
    const end = () => {
      if (!before) return;
      document.documentElement.classList.remove("printing");
      map.invalidateSize({ animate: false });
      map.setView(before.center, before.zoom, { animate: false });
      context.redrawDrawer();
      before = null;
    };
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    window.matchMedia("print").addEventListener("change", ({ matches }) => (matches ? begin() : end()));
  }

  cablemap.start = (map, content) => {
    const context = {
      map,
      content,
      store: cablemap.makeStore(content.options),
      positionZoom: 0,
      readers: [],
      showLegends: () => {},
      placeLabels: () => {},
      moreLabels: () => [],
    };
    const page = document.getElementById("page");
    page.classList.add("has-panel");
    map.getContainer().setAttribute("role", "application");
    map.getContainer().setAttribute("aria-label", "Map; arrow keys move it, plus and minus zoom");
    makePanes(map);
    cablemap.prepareLinks(content.options);
    map.invalidateSize({ animate: false });
    fitRoutes(context);
    context.rasters = cablemap.drawRasters(context);
    context.readers.push(...context.rasters.map((layer) => layer.reading));
    cablemap.makeDrawer(context, document.getElementById("drawer"));
    cablemap.drawProfile(context);
    cablemap.drawPositionList(context);
    cablemap.drawComparison(context);
    context.positionZoom = cablemap.positionZoom(context);
    cablemap.drawRoutes(context);
    context.layers = cablemap.makeLayers(context);
    if (content.changes) cablemap.drawChanges(context);
    cablemap.addControls(context);
    cablemap.drawPanel(context, document.getElementById("panel"));
    addPanelSwitch(context, page);
    map.invalidateSize({ animate: false });
    fitRoutes(context);
    cablemap.drawLabels(context);
    preparePrinting(context);
    document.documentElement.classList.add("is-ready");
  };
})();
