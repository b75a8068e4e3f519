// The position list of the selected link.
"use strict";
(() => {
  const { element, fixed, isNumber } = cablemap;

  function positionTable(context, link) {
    const { map } = context;
    const open = (position, index) => {
      if (map.getZoom() < context.positionZoom) map.setZoom(context.positionZoom, { animate: false });
      map.panTo([position.lat, position.lon], { animate: false });
      context.cursor.move(position.kp);
      link.markers[index].openPopup();
    };
    const heads = ["No.", "Event", "KP, km", "Depth, m", "Latitude", "Longitude", "Cable", "Remarks"];
    const body = link.positions.map((position, index) =>
      element(
        "tr",
        {},
        element(
          "td",
          {},
          element(
            "button",
            {
              type: "button",
              class: "row-button",
              "aria-label": `Show position ${position.number} on the map`,
              on: { click: () => open(position, index) },
            },
            position.number,
          ),
        ),
        element("td", {}, position.event),
        element("td", { class: "number" }, fixed(position.kp, 3)),
        element(
          "td",
          { class: "number" },
          isNumber(position.depth) ? fixed(position.depth, position.depth < 10 ? 1 : 0) : "–",
        ),
        element("td", { class: "number" }, cablemap.degreesMinutes(position.lat, "lat", 4)),
        element("td", { class: "number" }, cablemap.degreesMinutes(cablemap.wrapLon(position.lon), "lon", 4)),
        element("td", {}, position.cable),
        element("td", {}, position.remarks),
      ),
    );
    return element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          heads.map((head, i) => element("th", { scope: "col", class: i >= 2 && i <= 5 ? "number" : null }, head)),
        ),
      ),
      element("tbody", {}, body),
    );
  }

  function drawPositionList(context) {
    const { content, store } = context;
    const view = element("div", {
      class: "position-list",
      tabindex: 0,
      role: "region",
      "aria-label": "Route position list",
    });
    const update = () => {
      view.replaceChildren(positionTable(context, content.options[store.option].links[store.link]));
    };
    store.on(update);
    update();
    context.addTab("Position list", view);
  }

  Object.assign(cablemap, { drawPositionList });
})();
