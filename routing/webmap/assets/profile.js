// The depth profile of the selected link, with strips of what is built and met along it.
"use strict";
(() => {
  const { shape, fixed, niceStep, isNumber } = cablemap;

  const TOP = 8;
  const BOTTOM = 20;
  const RIGHT = 34;
  // Wide enough for the names of the strips; longer names are cut.
  const left = (width) => (width < 600 ? 70 : 112);

  // Scales and strips of a chart of width x height pixels.
  function layOut(link, width, height) {
    const known = link.profile.filter(([, depthM]) => isNumber(depthM));
    const lastKp = Math.max(link.lengthKm || 0, ...link.profile.map(([kpKm]) => kpKm), 0.001);
    const deepest = known.reduce((most, [, depthM]) => Math.max(most, depthM), 1) * 1.06;
    const across = Math.max(50, width - left(width) - RIGHT);
    const { strips, depthHeight } = cablemap.planStrips(link, Math.max(30, height - TOP - BOTTOM));
    const start = left(width);
    return {
      lastKp,
      deepest,
      strips: strips.map((strip) => ({ ...strip, y: TOP + strip.top })),
      left: start,
      right: start + across,
      top: TOP,
      floor: TOP + depthHeight,
      bottom: Math.max(30 + TOP, height - BOTTOM),
      x: (kpKm) => start + (kpKm / lastKp) * across,
      y: (depthM) => TOP + (Math.max(0, depthM) / deepest) * depthHeight,
      kpAt: (x) => Math.min(lastKp, Math.max(0, ((x - start) / across) * lastKp)),
    };
  }

  // Pieces of the profile between gaps of a column.
  function pieces(profile, column) {
    const list = [[]];
    for (const row of profile) {
      if (isNumber(row[column])) list[list.length - 1].push(row);
      else if (list[list.length - 1].length) list.push([]);
    }
    return list.filter((piece) => piece.length > 1);
  }

  function kpAxis({ x, lastKp, left: start, right, bottom }) {
    const step = niceStep(lastKp, Math.max(2, (right - start) / 90));
    const nodes = [shape("text", { class: "axis-text", x: start - 8, y: bottom + 15, "text-anchor": "end" }, "KP, km")];
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let i = 0; i * step <= lastKp * 1.0001; i += 1) {
      const at = x(i * step);
      nodes.push(
        shape("line", { class: "tick", x1: at, x2: at, y1: bottom, y2: bottom + 4 }),
        shape("text", { class: "tick-text", x: at, y: bottom + 15, "text-anchor": "middle" }, fixed(i * step, digits)),
      );
    }
    return nodes;
  }

  function depthAxis({ y, deepest, left: start, right, top, floor }) {
    const step = niceStep(deepest, Math.max(2, (floor - top) / 24));
    const middle = (top + floor) / 2;
    const x = start - 50;
    const nodes = [
      shape(
        "text",
        { class: "axis-text", x, y: middle, "text-anchor": "middle", transform: `rotate(-90 ${x} ${middle})` },
        "Depth, m",
      ),
    ];
    for (let value = 0; value <= deepest; value += step) {
      const at = y(value);
      nodes.push(
        shape("line", { class: value ? "rule" : "surface", x1: start, x2: right, y1: at, y2: at }),
        shape(
          "text",
          { class: "tick-text", x: start - 8, y: at + 3.5, "text-anchor": "end" },
          fixed(value, step < 1 ? 1 : 0),
        ),
      );
    }
    return nodes;
  }

  function seabed({ x, y, floor }, link, color) {
    return pieces(link.profile, 1).flatMap((piece) => {
      const line = piece.map(([kpKm, depthM]) => `${x(kpKm).toFixed(1)},${y(depthM).toFixed(1)}`).join(" L");
      const [first, last] = [x(piece[0][0]).toFixed(1), x(piece[piece.length - 1][0]).toFixed(1)];
      return [
        shape("path", { class: "water", d: `M${first},${y(0)} L${line} L${last},${y(0)} Z` }),
        shape("path", { class: "ground", d: `M${first},${floor} L${line} L${last},${floor} Z` }),
        // An edge of ink, so that a pale route is seen on the pale ground too.
        shape("path", { class: "seabed-edge", d: `M${line}` }),
        shape("path", { class: "seabed", d: `M${line}`, stroke: color }),
      ];
    });
  }

  // Positions on the curve; those of unknown depth, such as on a beach, at its top.
  function positionMarks({ x, y }, link, color) {
    return link.positions.map((position) =>
      shape(
        "circle",
        { class: "profile-position", cx: x(position.kp), cy: y(position.depth || 0), r: 2.4, stroke: color },
        shape("title", {}, `Position ${position.number}: ${position.event}`),
      ),
    );
  }

  function makeChart(context) {
    const { cursor } = context;
    const chart = shape("svg", {
      class: "profile",
      tabindex: 0,
      role: "slider",
      "aria-label": "Place along the route",
      "aria-valuemin": 0,
      "aria-valuenow": 0,
    });
    const kpOf = (event) => cursor.scale.kpAt(event.clientX - chart.getBoundingClientRect().left);
    const showRow = (kpKm) => {
      const index = cablemap.positionNear(cursor.link, cursor.scale, kpKm);
      if (index !== null) context.showRow(index);
    };
    chart.addEventListener("pointermove", (event) => cursor.move(kpOf(event)));
    chart.addEventListener("pointerdown", (event) => cursor.move(kpOf(event)));
    chart.addEventListener("click", (event) => showRow(kpOf(event)));
    chart.addEventListener("keydown", cablemap.cursorKeys(cursor));
    chart.addEventListener("keydown", ({ key }) => key === "Enter" && cursor.kp !== null && showRow(cursor.kp));
    return chart;
  }

  function drawProfile(context) {
    const { content, store } = context;
    const cursor = cablemap.makeCursor(context);
    context.cursor = cursor;
    const chart = makeChart(context);
    cursor.chart = chart;
    const links = content.options.flatMap((option) => option.links);
    const cables = [...new Set(links.flatMap((link) => link.sections.map((section) => section[2])))];

    function draw() {
      const link = content.options[store.option].links[store.link];
      const { width, height } = context.drawerSize();
      const { color } = cablemap.routeLook(store.option);
      cursor.link = link;
      cursor.scale = layOut(link, width, height);
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
      chart.setAttribute("aria-valuemax", cursor.scale.lastKp.toFixed(3));
      chart.replaceChildren(
        ...seabed(cursor.scale, link, color),
        ...depthAxis(cursor.scale),
        ...positionMarks(cursor.scale, link, color),
        ...cablemap.drawStrips(cursor.scale, link, cables),
        ...kpAxis(cursor.scale),
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

    context.addTab("Depth profile", chart, draw);
    context.drawerHeader.append(cursor.reading);
    store.on(update);
    update();
  }

  Object.assign(cablemap, { drawProfile, pieces });
})();
