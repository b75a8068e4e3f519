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

  // Every switch of the panel: {group, name, shown, show, look, opacity, setOpacity}.
  function makeLayers(context) {
    const { map, content } = context;
    const flip = (layer) => (isOn) => {
      if (isOn) map.addLayer(layer);
      else map.removeLayer(layer);
      context.placeLabels();
    };
    const layers = context.rasters.map(({ group, name, shown, opacity, setOn, setOpacity }) => ({
      group,
      name,
      shown,
      opacity,
      setOpacity,
      show: (isOn) => {
        setOn(isOn);
        context.showLegends();
      },
    }));
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

  // A slider of opacity, there while its layer is on.
  function opacitySlider({ name, opacity, setOpacity }) {
    const percent = (share) => `${Math.round(100 * share)} %`;
    const value = element("output", {}, percent(opacity));
    const slider = element("input", {
      type: "range",
      min: 10,
      max: 100,
      step: 5,
      value: 100 * opacity,
      "aria-label": `Opacity of ${name}`,
      on: {
        input: () => {
          const share = Number(slider.value) / 100;
          value.textContent = percent(share);
          slider.setAttribute("aria-valuetext", percent(share));
          setOpacity(share);
        },
      },
    });
    slider.setAttribute("aria-valuetext", percent(opacity));
    return element("div", { class: "opacity" }, element("span", { "aria-hidden": "true" }, "Opacity"), slider, value);
  }

  function toggle(layer) {
    const look = layer.look
      ? element("i", { class: "layer-look", style: layer.look, "aria-hidden": "true" })
      : null;
    const slider = layer.setOpacity ? opacitySlider(layer) : null;
    const box = element("input", {
      type: "checkbox",
      checked: layer.shown,
      on: {
        change: () => {
          layer.show(box.checked);
          if (slider) slider.hidden = !box.checked;
        },
      },
    });
    if (slider) slider.hidden = !layer.shown;
    return [element("label", { class: "toggle" }, box, element("span", { class: "toggle-name" }, layer.name), look), slider];
  }

  // Groups in the order in which a reader asks for them; others follow.
  const GROUPS = [
    "Routes",
    "Seabed",
    "Cost and risk",
    "Hazards",
    "Exclusions",
    "Infrastructure",
    "Context",
    "Data quality",
    "Reference",
  ];
  const placeOf = (name) => (GROUPS.includes(name) ? GROUPS.indexOf(name) : GROUPS.length - 1.5);

  function layerSwitches(context) {
    const groups = new Map();
    for (const { group, ...layer } of context.layers) {
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(layer);
    }
    return [...groups]
      .sort(([a], [b]) => placeOf(a) - placeOf(b))
      .map(([name, layers]) =>
        element("fieldset", { class: "layers" }, element("legend", {}, name), layers.map(toggle)),
      );
  }

  Object.assign(cablemap, { layerSwitches, makeLayers });
})();
