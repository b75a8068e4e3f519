// The position list of the selected link.
"use strict";
(() => {
  const { element, fixed, isNumber } = cablemap;

  const NAME = "Position list";

  // Moves the map to a position of the selected link and opens what it says.
  function openPosition(context, index) {
    const { map, content, store } = context;
    const link = content.options[store.option].links[store.link];
    const position = link.positions[index];
    if (map.getZoom() < context.positionZoom) map.setZoom(context.positionZoom, { animate: false });
    map.panTo([position.lat, position.lon], { animate: false });
    context.cursor.move(position.kp);
    link.markers[index].openPopup();
  }

  function positionTable(context, link) {
    const heads = ["No.", "Event", "KP, km", "Depth, m", "Latitude", "Longitude", "Cable", "Remarks"];
    const body = link.positions.map((position, index) =>
      element(
        "tr",
        { class: "position-row" },
        element(
          "td",
          {},
          element(
            "button",
            {
              type: "button",
              class: "row-button",
              "aria-label": `Show position ${position.number} on the map`,
              on: { click: () => openPosition(context, index) },
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
    let shown = null;
    function update() {
      const link = content.options[store.option].links[store.link];
      if (link !== shown) view.replaceChildren(positionTable(context, link));
      shown = link;
    }
    // One row is marked at most: that of the position nearest the cursor, or the one asked for.
    function mark(index) {
      const marked = view.querySelector("tr.is-marked");
      if (marked) {
        marked.classList.remove("is-marked");
        marked.removeAttribute("aria-current");
      }
      const row = view.querySelectorAll("tr.position-row")[index];
      row.classList.add("is-marked");
      row.setAttribute("aria-current", "true");
      view.scrollTop += row.getBoundingClientRect().top - view.getBoundingClientRect().top - view.clientHeight / 2;
      return row;
    }
    function markNearest(isOpening) {
      const { kp, link } = context.cursor;
      const index = kp === null ? null : cablemap.nearestPosition(link, kp);
      if (isOpening && index !== null) mark(index);
    }
    // Opens the list at a row of the selected link and moves the focus there.
    context.showRow = (index) => {
      context.openTab(NAME);
      mark(index).querySelector("button").focus({ preventScroll: true });
    };
    store.on(update);
    update();
    context.addTab(NAME, view, markNearest);
  }

  Object.assign(cablemap, { drawPositionList, openPosition });
})();
