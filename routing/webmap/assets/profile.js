// The depth profile of the selected link, with a cursor that moves on the map too.
"use strict";
(() => {
  const { element, shape, fixed, kp, depth, niceStep, isNumber } = cablemap;

  const MARGIN = { left: 58, right: 18, top: 12, bottom: 32 };

  // Scales and paths of a profile in a box of width x height pixels.
  function measure(link, width, height) {
    const known = link.profile.filter(([, depthM]) => isNumber(depthM));
    const lastKp = Math.max(link.lengthKm || 0, ...link.profile.map(([kpKm]) => kpKm), 0.001);
    const deepest = known.reduce((most, [, depthM]) => Math.max(most, depthM), 1) * 1.06;
    const inner = {
      width: Math.max(50, width - MARGIN.left - MARGIN.right),
      height: Math.max(30, height - MARGIN.top - MARGIN.bottom),
    };
    return {
      lastKp,
      deepest,
      inner,
      x: (kpKm) => MARGIN.left + (kpKm / lastKp) * inner.width,
      y: (depthM) => MARGIN.top + (Math.max(0, depthM) / deepest) * inner.height,
      kpAt: (x) => Math.min(lastKp, Math.max(0, ((x - MARGIN.left) / inner.width) * lastKp)),
    };
  }

  // Pieces of the profile between gaps of unknown depth.
  function pieces(profile) {
    const list = [[]];
    for (const row of profile) {
      if (isNumber(row[1])) list[list.length - 1].push(row);
      else if (list[list.length - 1].length) list.push([]);
    }
    return list.filter((piece) => piece.length > 1);
  }

  function axes(scale) {
    const { x, y, lastKp, deepest, inner } = scale;
    const bottom = MARGIN.top + inner.height;
    const nodes = [];
    const kpStep = niceStep(lastKp, Math.max(2, inner.width / 90));
    for (let value = 0; value <= lastKp * 1.0001; value += kpStep) {
      nodes.push(shape("line", { class: "tick", x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4 }));
      nodes.push(
        shape(
          "text",
          { class: "tick-text", x: x(value), y: bottom + 15, "text-anchor": "middle" },
          fixed(value, kpStep < 1 ? 1 : 0),
        ),
      );
    }
    const depthStep = niceStep(deepest, Math.max(2, inner.height / 24));
    for (let value = 0; value <= deepest; value += depthStep) {
      nodes.push(
        shape("line", {
          class: value ? "rule" : "surface",
          x1: MARGIN.left,
          x2: MARGIN.left + inner.width,
          y1: y(value),
          y2: y(value),
        }),
      );
      nodes.push(
        shape(
          "text",
          { class: "tick-text", x: MARGIN.left - 8, y: y(value) + 3.5, "text-anchor": "end" },
          fixed(value, depthStep < 1 ? 1 : 0),
        ),
      );
    }
    nodes.push(
      shape(
        "text",
        { class: "axis-text", x: MARGIN.left + inner.width, y: bottom + 28, "text-anchor": "end" },
        "KP, km",
      ),
    );
    nodes.push(
      shape(
        "text",
        {
          class: "axis-text",
          x: 14,
          y: MARGIN.top + inner.height / 2,
          "text-anchor": "middle",
          transform: `rotate(-90 14 ${MARGIN.top + inner.height / 2})`,
        },
        "Depth, m",
      ),
    );
    return nodes;
  }

  function seabed(scale, link, color) {
    const { x, y, inner } = scale;
    const bottom = MARGIN.top + inner.height;
    const nodes = [];
    for (const piece of pieces(link.profile)) {
      const line = piece.map(([kpKm, depthM]) => `${x(kpKm).toFixed(1)},${y(depthM).toFixed(1)}`).join(" L");
      const [first, last] = [x(piece[0][0]).toFixed(1), x(piece[piece.length - 1][0]).toFixed(1)];
      nodes.push(shape("path", { class: "water", d: `M${first},${y(0)} L${line} L${last},${y(0)} Z` }));
      nodes.push(shape("path", { class: "ground", d: `M${first},${bottom} L${line} L${last},${bottom} Z` }));
      nodes.push(shape("path", { class: "seabed", d: `M${line}`, stroke: color }));
    }
    for (const position of link.positions) {
      if (isNumber(position.depth))
        nodes.push(
          shape("circle", {
            class: "profile-position",
            cx: x(position.kp),
            cy: y(position.depth),
            r: 2.2,
            stroke: color,
          }),
        );
    }
    return nodes;
  }

  // Cursor: a line on the chart, a ring on the map and a reading in the header move together.
  function makeCursor(context) {
    const ring = L.circleMarker([0, 0], {
      pane: "cursor",
      radius: 8,
      weight: 3,
      color: "#12263a",
      fillColor: "#ffffff",
      fillOpacity: 0.9,
      interactive: false,
    });
    const cursor = { kp: null, reading: element("output", { class: "reading", "aria-live": "off" }) };
    const line = shape("line", { class: "cursor-line" });
    const dot = shape("circle", { class: "cursor-dot", r: 4.5 });
    cursor.nodes = [line, dot];
    cursor.move = (kpKm) => {
      const { link, scale, chart } = cursor;
      const place = cablemap.placeAt(link, Math.min(scale.lastKp, Math.max(0, kpKm)));
      cursor.kp = place.kp;
      const [px, py] = [scale.x(place.kp), scale.y(place.depth || 0)];
      for (const [name, value] of Object.entries({
        x1: px,
        x2: px,
        y1: MARGIN.top,
        y2: MARGIN.top + scale.inner.height,
      }))
        line.setAttribute(name, value);
      dot.setAttribute("cx", px);
      dot.setAttribute("cy", py);
      [line, dot].forEach((node) => node.classList.add("is-on"));
      const text = `${kp(place.kp)} · ${depth(place.depth)} deep`;
      cursor.reading.textContent = text;
      chart.setAttribute("aria-valuenow", place.kp.toFixed(3));
      chart.setAttribute("aria-valuetext", text);
      ring.setLatLng([place.lat, place.lon]).addTo(context.map);
    };
    cursor.hide = () => {
      ring.remove();
      [line, dot].forEach((node) => node.classList.remove("is-on"));
      cursor.reading.textContent = "Point at the profile or the route";
      cursor.kp = null;
    };
    return cursor;
  }

  function chartKeys(cursor) {
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

  function drawProfile(context) {
    const { content, store } = context;
    const cursor = makeCursor(context);
    context.cursor = cursor;
    const chart = shape("svg", {
      class: "profile",
      tabindex: 0,
      role: "slider",
      "aria-label": "Place along the route",
      "aria-valuemin": 0,
      "aria-valuenow": 0,
    });
    cursor.chart = chart;

    function draw() {
      const link = content.options[store.option].links[store.link];
      const { width, height } = context.drawerSize();
      cursor.link = link;
      cursor.scale = measure(link, width, height);
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      chart.setAttribute("aria-valuemax", cursor.scale.lastKp.toFixed(3));
      chart.replaceChildren(
        ...seabed(cursor.scale, link, cablemap.routeLook(store.option).color),
        ...axes(cursor.scale),
        ...cursor.nodes,
      );
      if (cursor.kp !== null) cursor.move(cursor.kp);
    }

    let shown = null;
    function update() {
      const link = content.options[store.option].links[store.link];
      if (link !== shown) cursor.hide();
      shown = link;
      draw();
    }

    chart.addEventListener("pointermove", (event) =>
      cursor.move(cursor.scale.kpAt(event.clientX - chart.getBoundingClientRect().left)),
    );
    chart.addEventListener("keydown", chartKeys(cursor));
    context.addTab("Depth profile", chart, draw);
    context.drawerHeading.append(cursor.reading);
    store.on(update);
    update();
  }

  Object.assign(cablemap, { drawProfile });
})();
