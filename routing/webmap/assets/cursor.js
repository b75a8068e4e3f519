// The cursor along the selected link: a line on the chart, a ring on the map and a reading move together.
"use strict";
(() => {
  const { element, shape, placeAt, nearestPosition, reading } = cablemap;

  // A position is meant when the pointer is this near, in pixels of the chart.
  const REACH_PX = 8;

  function positionNear(link, scale, kpKm) {
    const index = nearestPosition(link, kpKm);
    if (index === null) return null;
    return Math.abs(scale.x(link.positions[index].kp) - scale.x(kpKm)) <= REACH_PX ? index : null;
  }

  function makeCursor(context) {
    const ring = L.circleMarker([0, 0], {
      pane: "cursor",
      radius: 8,
      weight: 3,
      color: "#12263a",
      fillColor: "#ffffff",
      fillOpacity: 0.9,
      interactive: false,
      className: "cursor-ring",
    });
    const cursor = { kp: null, reading: element("output", { class: "reading", "aria-live": "off" }) };
    const line = shape("line", { class: "cursor-line" });
    const dot = shape("circle", { class: "cursor-dot", r: 4.5 });
    cursor.nodes = [line, dot];
    cursor.move = (kpKm) => {
      const { link, scale, chart } = cursor;
      const place = placeAt(link, Math.min(scale.lastKp, Math.max(0, kpKm)));
      cursor.kp = place.kp;
      const x = scale.x(place.kp);
      for (const [name, value] of Object.entries({ x1: x, x2: x, y1: scale.top, y2: scale.bottom }))
        line.setAttribute(name, value);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", scale.y(place.depth || 0));
      [line, dot].forEach((node) => node.classList.add("is-on"));
      const index = positionNear(link, scale, place.kp);
      const text = reading(link, place, index === null ? null : link.positions[index]);
      cursor.reading.textContent = text;
      cursor.reading.title = text;
      chart.setAttribute("aria-valuenow", place.kp.toFixed(3));
      chart.setAttribute("aria-valuetext", text);
      ring.setLatLng([place.lat, place.lon]).addTo(context.map);
    };
    cursor.hide = () => {
      ring.remove();
      [line, dot].forEach((node) => node.classList.remove("is-on"));
      cursor.reading.textContent = "Point at the profile or the route";
      cursor.reading.title = "";
      cursor.kp = null;
    };
    return cursor;
  }

  function cursorKeys(cursor) {
    return (event) => {
      const step = cursor.scale.lastKp / (event.shiftKey ? 20 : 200);
      const moves = {
        ArrowRight: step,
        ArrowUp: step,
        ArrowLeft: -step,
        ArrowDown: -step,
        PageUp: step * 10,
        PageDown: -step * 10,
      };
      const at = cursor.kp === null ? 0 : cursor.kp;
      if (event.key in moves) cursor.move(at + moves[event.key]);
      else if (event.key === "Home") cursor.move(0);
      else if (event.key === "End") cursor.move(cursor.scale.lastKp);
      else return;
      event.preventDefault();
    };
  }

  Object.assign(cablemap, { makeCursor, cursorKeys, positionNear });
})();
