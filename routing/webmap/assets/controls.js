// Buttons, north arrow, scale, and where legends and read-out stand.
"use strict";
(() => {
  const { element, shape } = cablemap;

  function control(position, node, isPassive) {
    const box = new L.Control({ position });
    box.onAdd = () => {
      if (!isPassive) L.DomEvent.disableClickPropagation(node);
      return node;
    };
    return box;
  }

  const mapButton = (label, icon, click) =>
    element(
      "button",
      { type: "button", class: "map-button", "aria-label": label, title: label, on: { click } },
      shape(
        "svg",
        { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" },
        icon.map((d) =>
          shape("path", {
            d,
            fill: "none",
            stroke: "currentColor",
            "stroke-width": 1.8,
            "stroke-linecap": "round",
            "stroke-linejoin": "round",
          }),
        ),
      ),
    );

  function northArrow() {
    return element(
      "div",
      { class: "north", role: "img", "aria-label": "North is up" },
      shape(
        "svg",
        { viewBox: "0 0 24 34", width: 24, height: 34, "aria-hidden": "true" },
        shape("path", { d: "M12 12 L18 32 L12 27.5 Z", fill: "#12263a" }),
        shape("path", { d: "M12 12 L6 32 L12 27.5 Z", fill: "#ffffff", stroke: "#12263a", "stroke-width": 1 }),
        shape(
          "text",
          { x: 12, y: 9, "text-anchor": "middle", "font-size": 10, "font-weight": 700, fill: "#12263a" },
          "N",
        ),
      ),
    );
  }

  const routeBounds = ({ content, store }) => {
    const shown = content.options.filter((option, i) => store.visible[i]);
    const points = (shown.length ? shown : content.options).flatMap((option) =>
      option.links.flatMap((link) => link.points.map(([lon, lat]) => [lat, lon])),
    );
    const used = content.landings.filter((landing) => landing.used).map(({ lat, lon }) => [lat, lon]);
    return L.latLngBounds([...points, ...used]);
  };

  function fitRoutes(context) {
    const { x } = context.map.getSize();
    const side = Math.min(130, 0.14 * x);
    context.map.fitBounds(routeBounds(context), {
      paddingTopLeft: [side, 60],
      paddingBottomRight: [side, 84],
      animate: false,
    });
  }

  function viewButtons(context) {
    const { map, content } = context;
    const [south, west, north, east] = content.extent;
    const area = L.latLngBounds([south, west], [north, east]);
    const corners = ["M3 7 V3 H7", "M13 3 H17 V7", "M17 13 V17 H13", "M7 17 H3 V13", "M7 12 Q10 6 13 9"];
    const globe = ["M10 3 A7 7 0 1 0 10 17 A7 7 0 1 0 10 3", "M3 10 H17", "M10 3 Q5 10 10 17", "M10 3 Q15 10 10 17"];
    const place = cablemap.makeGoTo(context);
    const distance = cablemap.makeMeasure(context);
    const buttons = element(
      "div",
      { class: "map-buttons", role: "group", "aria-label": "Map view" },
      mapButton("Zoom in", ["M10 4 V16", "M4 10 H16"], () => map.zoomIn(1)),
      mapButton("Zoom out", ["M4 10 H16"], () => map.zoomOut(1)),
      mapButton("Fit the routes", corners, () => fitRoutes(context)),
      mapButton("Show the whole area", globe, () => map.fitBounds(area, { animate: false })),
      place.button,
      distance.button,
    );
    const tools = element("div", { class: "map-tools" }, buttons, element("div", {}, place.box, distance.box));
    L.DomEvent.disableScrollPropagation(tools);
    return tools;
  }

  function addControls(context) {
    const { map } = context;
    map.addControl(control("topleft", viewButtons(context)));
    map.addControl(control("topright", northArrow(), true));
    map.addControl(control("bottomright", cablemap.makeLegends(context)));
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
    cablemap.addReadout(context, control);
  }

  Object.assign(cablemap, { addControls, fitRoutes, mapButton, routeBounds });
})();
