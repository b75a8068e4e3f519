// Legends of the rasters that are on, in one box that folds away.
"use strict";
(() => {
  const { element } = cablemap;

  function ramp({ stops, ticks }) {
    const bar = element("div", {
      class: "legend-bar",
      style: { background: `linear-gradient(to right, ${stops.join(", ")})` },
    });
    const marks = ticks.map(([place, text]) =>
      element("span", { class: "legend-tick", style: { left: `${100 * place}%` } }, text),
    );
    return [bar, element("div", { class: "legend-ticks" }, marks)];
  }

  // Swatches are images of their own, so that the legend shows the very pattern of the map.
  const classes = (rows, title) =>
    element(
      "ul",
      { class: "legend-classes", tabindex: rows.length > 8 ? 0 : null, "aria-label": `Classes of ${title}` },
      rows.map(([swatch, label]) =>
        element("li", {}, element("img", { src: swatch, alt: "", width: 26, height: 14 }), element("span", {}, label)),
      ),
    );

  function legend({ name, unit, legend: shown }) {
    return element(
      "figure",
      { class: "legend" },
      element("figcaption", {}, element("b", {}, name), " ", unit),
      shown.classes ? classes(shown.classes, name) : ramp(shown),
    );
  }

  // A box that stands open where there is room; it is empty while no raster is on.
  function makeLegends(context) {
    const list = element("div", { class: "legend-list" });
    const isSmall = window.matchMedia("(max-width: 600px)").matches;
    const box = element(
      "details",
      { class: "legends", open: !isSmall },
      element("summary", {}, "Legend"),
      list,
    );
    L.DomEvent.disableScrollPropagation(box);
    context.showLegends = () => {
      const shown = context.rasters.filter((layer) => layer.isOn() && layer.raster()).map((layer) => layer.raster());
      list.replaceChildren(...shown.map(legend));
      box.hidden = !shown.length;
    };
    context.showLegends();
    return box;
  }

  Object.assign(cablemap, { makeLegends });
})();
