// Context under the routes: graticule, contours, coast, sectors, fields, lanes, earthquakes.
"use strict";
(() => {
  const { element, niceStep } = cablemap;

  const LOOKS = {
    contour: { color: "#0d2a47", weight: 0.7, fill: false, opacity: 0.42 },
    coast: { color: "#8d8375", weight: 1, fill: false, opacity: 0.9 },
    sector: { color: "#ffffff", weight: 1.4, fill: false, opacity: 0.85, dashArray: "2 5" },
    field: { color: "#6b4e16", weight: 1, fillColor: "#e0b04a", fillOpacity: 0.45, opacity: 0.9 },
    lane: {
      color: "#2b2f6b",
      weight: 1.4,
      fillColor: "#2b2f6b",
      fillOpacity: 0.12,
      opacity: 0.75,
      dashArray: "12 4 2 4",
    },
    earthquake: { color: "#7a1f1f", weight: 1, fillColor: "#e4572e", fillOpacity: 0.55, opacity: 0.9 },
    fault: { color: "#7a1f1f", weight: 1.6, fill: false, opacity: 0.8, dashArray: "6 3" },
    pipeline: { color: "#4a4a4a", weight: 1.8, fill: false, opacity: 0.85 },
    cable: { color: "#4b2e83", weight: 1.8, fill: false, opacity: 0.85, dashArray: "1 4" },
    zone: { color: "#8c2d62", weight: 1.2, fillColor: "#8c2d62", fillOpacity: 0.16, opacity: 0.85, dashArray: "4 3" },
  };
  const RADIUS = { field: 4, earthquake: 4 };

  const flip = ([lon, lat]) => [lat, lon];

  // Earthquakes labelled with their magnitude ("M 6.8") are drawn by size.
  function radius(style, label) {
    const magnitude = style === "earthquake" ? /M\S?\s*(\d(?:\.\d+)?)/.exec(label || "") : null;
    return magnitude ? Math.max(2.5, 1.6 ** (Number(magnitude[1]) - 3.2)) : RADIUS[style] || 3.5;
  }

  function describe(layer, vector, label) {
    if (!label || vector.style === "coast") return;
    layer.bindTooltip(element("span", {}, label), {
      sticky: true,
      className: "tip",
      direction: "top",
      offset: [0, -6],
    });
  }

  // Rings with one label are one area: with the even-odd rule a ring inside a ring is a hole.
  function areas(vector) {
    const byLabel = new Map();
    vector.geometries.forEach((ring, index) => {
      const label = vector.labels[index] || "";
      if (!byLabel.has(label)) byLabel.set(label, []);
      byLabel.get(label).push(ring.map(flip));
    });
    return [...byLabel].map(([label, rings]) => ({ label, rings }));
  }

  function largest(rings) {
    const size = (ring) =>
      Math.abs(
        ring.reduce((sum, [y, x], i) => {
          const [nextY, nextX] = ring[(i + 1) % ring.length];
          return sum + x * nextY - nextX * y;
        }, 0),
      );
    return rings.reduce((best, ring) => (size(ring) > size(best) ? ring : best));
  }

  // A place inside a ring: the middle of the widest chord among a few parallels.
  function inside(ring) {
    const lats = ring.map(([lat]) => lat);
    const [low, high] = [Math.min(...lats), Math.max(...lats)];
    let best = { width: -1, at: ring[0] };
    for (const share of [0.3, 0.4, 0.5, 0.6, 0.7]) {
      const lat = low + share * (high - low);
      const cuts = ring
        .flatMap(([y, x], i) => {
          const [nextY, nextX] = ring[(i + 1) % ring.length];
          return y <= lat !== nextY <= lat ? [x + ((lat - y) / (nextY - y)) * (nextX - x)] : [];
        })
        .sort((a, b) => a - b);
      for (let i = 0; i + 1 < cuts.length; i += 2) {
        const width = cuts[i + 1] - cuts[i];
        if (width > best.width) best = { width, at: [lat, (cuts[i] + cuts[i + 1]) / 2] };
      }
    }
    return best.at;
  }

  function areaName(label, rings) {
    const icon = L.divIcon({ className: "area-name", html: element("span", {}, cablemap.regionName(label)), iconSize: [0, 0] });
    return L.marker(inside(largest(rings)), { icon, interactive: false, keyboard: false, pane: "names" });
  }

  // Lines of equal depth, each labelled in the direction of the line; closer views bring more labels.
  function contourLines(vector, look) {
    const group = L.layerGroup(
      vector.geometries.map((line) => L.polyline(line.map(flip), { ...look, fill: false, interactive: false })),
    );
    const labels = vector.places.map(([lon, lat, turn, tier, text]) => {
      const html = element("span", { style: { "--turn": `${turn}deg` } }, text);
      const icon = L.divIcon({ className: "contour-label", html, iconSize: [0, 0] });
      return { tier, marker: L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "names" }) };
    });
    let [map, base] = [null, null];
    function choose() {
      for (const { tier, marker } of labels) {
        if (map.getZoom() >= base + tier) group.addLayer(marker);
        else group.removeLayer(marker);
      }
    }
    group.on("add", (event) => {
      map = event.target._map;
      base = base === null ? map.getZoom() : base;
      map.on("zoomend", choose);
      choose();
    });
    group.on("remove", () => map.off("zoomend", choose));
    return group;
  }

  function drawVector(vector) {
    const look = { pane: "context", ...LOOKS[vector.style] };
    const group = L.layerGroup();
    if (vector.kind === "polygon") {
      for (const { label, rings } of areas(vector)) {
        const area = L.polygon(
          rings.map((ring) => [ring]),
          { ...look, interactive: Boolean(label) && vector.style !== "sector" },
        );
        describe(area, vector, label);
        group.addLayer(area);
        if (label && vector.style === "sector") group.addLayer(areaName(label, rings));
      }
      return group;
    }
    if (vector.places) return contourLines(vector, look);
    vector.geometries.forEach((geometry, index) => {
      const label = vector.labels[index] || "";
      const parts =
        vector.kind === "line"
          ? [L.polyline(geometry.map(flip), { ...look, fill: false })]
          : geometry.map((at) => L.circleMarker(flip(at), { ...look, radius: radius(vector.style, label) }));
      for (const part of parts) {
        describe(part, vector, label);
        group.addLayer(part);
      }
    });
    return group;
  }

  // Meridians and parallels, redrawn with their labels after every move.
  function graticule(map) {
    const group = L.layerGroup();
    const label = (at, text, side) =>
      L.marker(at, {
        icon: L.divIcon({ className: `graticule-label ${side}`, html: element("span", {}, text), iconSize: [0, 0] }),
        interactive: false,
        keyboard: false,
        pane: "names",
      });
    const line = (ends) =>
      L.polyline(ends, { pane: "graticule", color: "#ffffff", weight: 0.7, opacity: 0.4, interactive: false });
    const name = (value, axis, step) => cablemap.decimalDegrees(value, axis, step >= 1 ? 0 : step >= 0.1 ? 1 : 2);
    const steps = (low, high, step) => {
      const list = [];
      for (let n = Math.ceil(low / step); n * step <= high; n += 1) list.push(n * step);
      return list;
    };
    // Labels stay out of the corners, where the buttons and the north arrow are.
    const isClear = (at, fromTop, fromSides) => {
      const { x, y } = map.latLngToContainerPoint(at);
      const size = map.getSize();
      return y >= fromTop && y < size.y - 8 && x >= fromSides && x <= size.x - fromSides;
    };
    function draw() {
      group.clearLayers();
      const bounds = map.getBounds();
      const [south, north] = [Math.max(-84, bounds.getSouth()), Math.min(84, bounds.getNorth())];
      const step = Math.max(0.05, niceStep(north - south, 5));
      for (const lat of steps(south, north, step)) {
        group.addLayer(
          line([
            [lat, bounds.getWest()],
            [lat, bounds.getEast()],
          ]),
        );
        if (isClear([lat, bounds.getEast()], 70, 0))
          group.addLayer(label([lat, bounds.getEast()], name(lat, "lat", step), "east"));
      }
      for (const lon of steps(bounds.getWest(), bounds.getEast(), step)) {
        group.addLayer(
          line([
            [south, lon],
            [north, lon],
          ]),
        );
        if (isClear([bounds.getNorth(), lon], 0, 64))
          group.addLayer(label([bounds.getNorth(), lon], name(cablemap.wrapLon(lon), "lon", step), "north"));
      }
    }
    map.on("moveend", draw);
    draw();
    return group;
  }

  Object.assign(cablemap, { drawVector, graticule, vectorLooks: LOOKS });
})();
