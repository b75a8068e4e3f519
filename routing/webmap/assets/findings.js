// What to check on the selected option: soft rules that it breaks, and other ways between the same ends.
"use strict";
(() => {
  const { element, routeLook } = cablemap;

  // Texts of all links, with the link's name where there are several.
  function listed(option, textsOf) {
    const many = option.links.length > 1;
    return option.links.flatMap((link) => textsOf(link).map((text) => (many ? `${link.name}: ${text}` : text)));
  }

  const bullets = (texts) =>
    element(
      "ul",
      { class: "bullets" },
      texts.map((text) => element("li", {}, text)),
    );

  // A thin dotted line, and a wide unseen one under the routes' that catches the pointer.
  function drawWay(way, color) {
    const latLngs = way.points.map(([lon, lat]) => [lat, lon]);
    const look = { color, weight: 2.4, dashArray: "1 6", lineCap: "round", interactive: false };
    const line = L.polyline(latLngs, { ...look, pane: "casing", className: "other-way" });
    const touch = L.polyline(latLngs, { pane: "touch", weight: 14, opacity: 0 });
    touch.bindTooltip(() => element("span", {}, element("b", {}, "Another way"), element("br"), way.note), {
      sticky: true,
      className: "tip",
      direction: "top",
      offset: [0, -10],
    });
    return { line, touch };
  }

  function findingsPart(context) {
    const { content, store, map } = context;
    const part = element("div", { class: "checks" });
    const ways = L.layerGroup().addTo(map);
    let isOn = false;
    let listedOption = null;

    function drawWays() {
      ways.clearLayers();
      if (!isOn || !store.visible[store.option]) return;
      for (const way of content.options[store.option].links.flatMap((link) => link.alternatives)) {
        const { line, touch } = drawWay(way, routeLook(store.option).color);
        ways.addLayer(line).addLayer(touch);
        touch.bringToBack();
      }
    }
    function findings(option) {
      const texts = listed(option, (link) => link.findings);
      if (!texts.length) return null;
      const isShort = texts.length <= 2;
      return element("details", { open: isShort }, element("summary", {}, `To check: ${texts.length} ${texts.length > 1 ? "findings" : "finding"}`), bullets(texts));
    }
    function otherWays(option) {
      const texts = listed(option, (link) => link.alternatives.map(({ note }) => note));
      if (!texts.length) return null;
      const box = element("input", {
        type: "checkbox",
        checked: isOn,
        on: {
          change: () => {
            isOn = box.checked;
            drawWays();
          },
        },
      });
      return [
        element(
          "label",
          { class: "toggle" },
          box,
          element("span", { class: "toggle-name" }, "Other ways on the map, dotted"),
        ),
        element("details", {}, element("summary", {}, `Other ways between its ends: ${texts.length}`), bullets(texts)),
      ];
    }
    function update() {
      drawWays();
      if (listedOption === store.option) return;
      listedOption = store.option;
      const option = content.options[store.option];
      part.replaceChildren(...[findings(option), otherWays(option)].flat().filter(Boolean));
    }
    store.on(update);
    update();
    return part;
  }

  Object.assign(cablemap, { findingsPart });
})();
