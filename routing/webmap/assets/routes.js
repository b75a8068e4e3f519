// Routes, their positions and the landing points, with what they say when pointed at or clicked.
"use strict";
(() => {
  const { element, shape, kp, depth, degreesMinutes, wrapLon, placeAt, lengthShare } = cablemap;

  // Colour and dash of each option, by rank: the table stands in looks.py.
  const LOOKS = cablemap.looks;
  const routeLook = (index) => LOOKS[index % LOOKS.length];

  function swatch(index, width) {
    const { color, dash } = routeLook(index);
    const lengths = dash ? dash.split(" ").map((length) => 0.7 * Number(length)) : null;
    return shape(
      "svg",
      { class: "swatch", width, height: 10, viewBox: `0 0 ${width} 10`, "aria-hidden": "true" },
      shape("line", {
        x1: 2,
        y1: 5,
        x2: width - 2,
        y2: 5,
        stroke: color,
        "stroke-width": 3,
        "stroke-dasharray": lengths ? lengths.join(" ") : null,
        "stroke-linecap": "round",
      }),
    );
  }

  function rows(pairs) {
    return element(
      "dl",
      { class: "facts" },
      pairs
        .filter(([, value]) => value !== "" && value !== null)
        .map(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]),
    );
  }

  function placeRows(lat, lon) {
    const longitude = wrapLon(lon);
    return [
      ["Latitude", [element("span", {}, degreesMinutes(lat, "lat", 4)), element("small", {}, lat.toFixed(6))]],
      [
        "Longitude",
        [element("span", {}, degreesMinutes(longitude, "lon", 4)), element("small", {}, longitude.toFixed(6))],
      ],
    ];
  }

  function keyFigures(kpKm, depthM) {
    return element(
      "div",
      { class: "popup-figures" },
      element("div", {}, element("small", {}, "KP"), element("b", {}, kp(kpKm).replace("KP ", ""))),
      element("div", {}, element("small", {}, "Depth"), element("b", {}, depth(depthM))),
    );
  }

  function positionCard(position, link) {
    return element(
      "div",
      { class: "popup" },
      element("h3", {}, position.event || `Position ${position.number}`),
      element("p", { class: "popup-where" }, `Position ${position.number} · ${link.name}`),
      keyFigures(position.kp, position.depth),
      rows([...placeRows(position.lat, position.lon), ["Cable", position.cable], ["Remarks", position.remarks]]),
    );
  }

  function landingCard(landing) {
    return element(
      "div",
      { class: "popup" },
      element("h3", {}, landing.name),
      element(
        "p",
        { class: "popup-where" },
        (landing.isJunction
          ? ["branching unit, draft"]
          : [landing.country, landing.used ? "landing of an option shown" : "candidate landing, not used"]
        )
          .filter(Boolean)
          .join(" · "),
      ),
      rows([...placeRows(landing.lat, landing.lon), ["Note", landing.note]]),
    );
  }

  // The place on a link nearest to a place on the map.
  function nearestPlace(link, latLng) {
    const target = L.CRS.EPSG3857.project(latLng);
    let best = { squared: Infinity };
    for (let i = 0; i + 1 < link.metres.length; i += 1) {
      const [a, b] = [link.metres[i], link.metres[i + 1]];
      const [dx, dy] = [b.x - a.x, b.y - a.y];
      const length = dx * dx + dy * dy;
      const share = length ? Math.min(1, Math.max(0, ((target.x - a.x) * dx + (target.y - a.y) * dy) / length)) : 0;
      const squared = (target.x - a.x - share * dx) ** 2 + (target.y - a.y - share * dy) ** 2;
      if (squared < best.squared) best = { squared, i, share, at: L.point(a.x + share * dx, a.y + share * dy) };
    }
    const [[startKm, ...start], [endKm, ...end]] = [link.byKp[best.i], link.byKp[best.i + 1]];
    const share = lengthShare(start, end, L.CRS.EPSG3857.unproject(best.at).lat) ?? best.share;
    return placeAt(link, startKm + share * (endKm - startKm));
  }

  function prepareLinks(options) {
    for (const link of options.flatMap((option) => option.links)) prepare(link);
  }

  function prepare(link) {
    link.byKp = link.points.map(([lon, lat, kpKm]) => [kpKm, lon, lat]);
    link.latLngs = link.points.map(([lon, lat]) => L.latLng(lat, lon));
    link.metres = link.latLngs.map((at) => L.CRS.EPSG3857.project(at));
  }

  function hoverText(option, link, place) {
    return element(
      "span",
      {},
      element("b", {}, kp(place.kp)),
      ` · ${depth(place.depth)} deep`,
      element("br"),
      element("small", {}, option.name),
    );
  }

  // One link: white casing, coloured line, and a wide unseen line that catches the pointer.
  function drawLink(context, optionIndex, linkIndex) {
    const { map, content, store, cursor } = context;
    const option = content.options[optionIndex];
    const link = option.links[linkIndex];
    const { color, dash } = routeLook(optionIndex);
    const common = { smoothFactor: 0.5, lineCap: "round", lineJoin: "round" };
    const casing = L.polyline(link.latLngs, {
      ...common,
      pane: "casing",
      color: "#ffffff",
      weight: 7,
      opacity: 0.95,
      interactive: false,
    });
    const line = L.polyline(link.latLngs, {
      ...common,
      pane: "routes",
      color,
      weight: 3.6,
      dashArray: dash,
      interactive: false,
      className: `route-line route-${optionIndex}`,
    });
    const touch = L.polyline(link.latLngs, { pane: "touch", color, weight: 18, opacity: 0, className: "touch-line" });
    touch.bindTooltip("", { sticky: true, className: "tip", direction: "top", offset: [0, -10] });
    touch.on("mousemove", (event) => {
      const place = nearestPlace(link, event.latlng);
      touch.setTooltipContent(hoverText(option, link, place));
      if (store.option === optionIndex && store.link === linkIndex) cursor.move(place.kp);
    });
    touch.on("click", (event) => {
      L.DomEvent.stopPropagation(event);
      store.select(optionIndex, linkIndex);
      const place = nearestPlace(link, event.latlng);
      cursor.move(place.kp);
      L.popup({ className: "card-popup", maxWidth: 320 })
        .setLatLng([place.lat, place.lon])
        .setContent(cablemap.legCard(context, { optionIndex, linkIndex }, place))
        .openOn(map);
    });
    return { casing, line, touch };
  }

  function drawPositions(context, optionIndex) {
    const { color } = routeLook(optionIndex);
    const group = L.layerGroup();
    context.content.options[optionIndex].links.forEach((link) => {
      link.markers = link.positions.map((position) => {
        const marker = L.circleMarker([position.lat, position.lon], {
          pane: "positions",
          radius: 3.6,
          weight: 1.8,
          color,
          fillColor: "#ffffff",
          fillOpacity: 1,
          className: "rpl-position",
        });
        marker.bindPopup(() => positionCard(position, link), { className: "card-popup", maxWidth: 320 });
        marker.bindTooltip(
          () =>
            element(
              "span",
              {},
              element("b", {}, position.event || `Position ${position.number}`),
              element("br"),
              `${kp(position.kp)} · ${depth(position.depth)}`,
            ),
          { className: "tip", direction: "top", offset: [0, -6] },
        );
        return marker.addTo(group);
      });
    });
    return group;
  }

  // Zoom at which the positions of every link stand at least 14 pixels apart, on average.
  function positionZoom({ map, content }) {
    const pixels = (line) =>
      line.reduce(
        (sum, at, i) => (i ? sum + map.latLngToLayerPoint(at).distanceTo(map.latLngToLayerPoint(line[i - 1])) : 0),
        0,
      );
    const spacings = content.options.flatMap((option) =>
      option.links.map((link) => pixels(link.latLngs) / Math.max(1, link.positions.length)),
    );
    const doublings = Math.log2(14 / Math.max(0.01, Math.min(...spacings)));
    return map.getZoom() + Math.max(-0.5, doublings);
  }

  function drawRoutes(context) {
    const { map, content, store } = context;
    const drawn = content.options.map((option, i) => ({
      links: option.links.map((link, j) => drawLink(context, i, j)),
      positions: drawPositions(context, i),
    }));
    function show(layer, isShown) {
      if (isShown !== map.hasLayer(layer)) isShown ? map.addLayer(layer) : map.removeLayer(layer);
    }
    function update() {
      drawn.forEach(({ links, positions }, i) => {
        const isSelected = store.option === i;
        for (const { casing, line, touch } of links)
          [casing, line, touch].forEach((layer) => show(layer, store.visible[i]));
        show(positions, isSelected && store.visible[i] && map.getZoom() >= context.positionZoom);
      });
      emphasise();
    }
    // One option stands out, the one pointed at or else the selected one; while one is pointed at, the others fade.
    // Where options share a route, that one is the one to see.
    function emphasise() {
      const lit = store.lit();
      const main = lit === null ? store.option : lit;
      drawn.forEach(({ links }, i) => {
        const [isMain, isFaded] = [i === main, lit !== null && i !== lit];
        for (const { casing, line } of links) {
          casing.setStyle({ weight: isMain ? 8.5 : 6, opacity: isFaded ? 0.3 : isMain ? 1 : 0.8 });
          line.setStyle({ weight: isMain ? 4.6 : 3, opacity: isFaded ? 0.3 : isMain ? 1 : 0.9 });
        }
      });
      if (!store.visible[main]) return;
      for (const { casing, line, touch } of drawn[main].links)
        [casing, line, touch].forEach((layer) => layer.bringToFront());
    }
    store.on(update);
    store.onPoint(emphasise);
    map.on("zoomend", update);
    update();
  }

  function drawLandings(context) {
    const groups = { used: L.layerGroup(), candidates: L.layerGroup() };
    for (const landing of context.content.landings) {
      const look = landing.used
        ? { radius: 6, weight: 2.4, color: "#12263a", fillColor: "#ffffff", fillOpacity: 1 }
        : { radius: 4, weight: 1.5, color: "#6d6558", fillColor: "#f6f2ea", fillOpacity: 1 };
      const marker = L.circleMarker([landing.lat, landing.lon], { ...look, pane: "landings", className: "landing" });
      marker.bindPopup(() => landingCard(landing), { className: "card-popup", maxWidth: 300 });
      landing.marker = marker;
      if (!landing.used) {
        marker.bindTooltip(
          () =>
            element(
              "span",
              {},
              element("b", {}, landing.name),
              element("br"),
              element("small", {}, `${landing.country} · candidate`),
            ),
          { className: "tip", direction: "top", offset: [0, -6] },
        );
      }
      marker.addTo(landing.used ? groups.used : groups.candidates);
    }
    groups.used.addTo(context.map);
    return groups;
  }

  Object.assign(cablemap, {
    nearestPlace,
    routeLook,
    swatch,
    rows,
    placeRows,
    keyFigures,
    drawRoutes,
    drawLandings,
    positionZoom,
    prepareLinks,
  });
})();
