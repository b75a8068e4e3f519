// Switches of the map's layers, by group.
"use strict";
(() => {
  const { element, vectorLooks } = cablemap;

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
  function makeLayers(context) {
    const { map, content } = context;
    const flip = (layer) => (isOn) => {
      if (isOn) map.addLayer(layer);
      else map.removeLayer(layer);
      context.showLegends();
      context.placeLabels();
    };
    const layers = context.rasters.map(({ raster, layer }) => {
      if (raster.shown) layer.addTo(map);
      return { group: raster.group, name: raster.name, shown: raster.shown, show: flip(layer) };
    });
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

  function toggle(label, isOn, change, look) {
    const box = element("input", { type: "checkbox", checked: isOn, on: { change: () => change(box.checked) } });
    return element("label", { class: "toggle" }, box, element("span", { class: "toggle-name" }, label), look);
  }

  function layerSwitches(context) {
    const groups = new Map();
    for (const { group, ...layer } of context.layers) {
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(layer);
    }
    return [...groups].map(([name, layers]) =>
      element(
        "fieldset",
        { class: "layers" },
        element("legend", {}, name),
        layers.map((layer) =>
          toggle(
            layer.name,
            layer.shown,
            layer.show,
            layer.look ? element("i", { class: "layer-look", style: layer.look, "aria-hidden": "true" }) : null,
          ),
        ),
      ),
    );
  }

  Object.assign(cablemap, { layerSwitches, makeLayers });
})();
