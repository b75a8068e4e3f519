// Names beside landings and routes, placed so that they do not cover one another.
"use strict";
(() => {
  const { element, swatch } = cablemap;

  const GAP = 12;
  const SIDES = {
    right: (w, h) => [GAP, -h / 2],
    left: (w, h) => [-GAP - w, -h / 2],
    top: (w, h) => [-w / 2, -h - GAP],
    bottom: (w, h) => [-w / 2, GAP],
    topRight: (w, h) => [GAP * 0.7, -h - GAP * 0.5],
    bottomRight: (w, h) => [GAP * 0.7, GAP * 0.5],
    topLeft: (w, h) => [-GAP * 0.7 - w, -h - GAP * 0.5],
    bottomLeft: (w, h) => [-GAP * 0.7 - w, GAP * 0.5],
  };

  function makeLabel(map, latLng, content, className) {
    const box = element("div", { class: `map-label ${className}` }, content);
    const icon = L.divIcon({ className: "map-label-anchor", html: box, iconSize: [0, 0] });
    return { box, latLng, marker: L.marker(latLng, { icon, interactive: false, keyboard: false, pane: "labels" }).addTo(map) };
  }

  // The side that faces away from the routes that end here.
  function awayFromRoutes(map, landing, options) {
    const at = map.latLngToContainerPoint([landing.lat, landing.lon]);
    let [x, y] = [0, 0];
    for (const link of options.flatMap((option) => option.links)) {
      const ends = [link.latLngs, [...link.latLngs].reverse()];
      for (const line of ends) {
        if (map.latLngToContainerPoint(line[0]).distanceTo(at) > 12) continue;
        const along = map.latLngToContainerPoint(line[Math.min(line.length - 1, 1 + Math.floor(line.length / 4))]);
        x += along.x - at.x;
        y += along.y - at.y;
      }
    }
    if (Math.abs(x) >= 0.6 * Math.abs(y)) return x > 0 ? "left" : "right";
    return y > 0 ? "top" : "bottom";
  }

  // The vertex of an option that stays farthest from all other options, and clear of the ends.
  function distinctPlace(map, options, index) {
    const main = options[index].links.reduce((a, b) => (b.lengthKm > a.lengthKm ? b : a));
    const total = main.byKp[main.byKp.length - 1][0];
    const others = options.filter((option, i) => i !== index).flatMap((option) => option.links.flatMap((link) => link.latLngs));
    const points = others.map((at) => map.latLngToContainerPoint(at));
    let best = { score: -1, at: main.latLngs[Math.floor(main.latLngs.length / 2)] };
    for (let step = 6; step <= 34; step += 1) {
      const share = step / 40;
      const place = cablemap.placeAt(main, share * total);
      const pixel = map.latLngToContainerPoint([place.lat, place.lon]);
      const near = points.reduce((least, point) => Math.min(least, point.distanceTo(pixel)), 90);
      const score = near * (1 - Math.abs(share - 0.45 - 0.06 * index));
      if (score > best.score) best = { score, at: L.latLng(place.lat, place.lon) };
    }
    return best.at;
  }

  const overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

  // Squares along the lines and around the dots that labels should not cover.
  function obstacles(map, lines, dots) {
    const square = ({ x, y }, half) => ({ left: x - half, right: x + half, top: y - half, bottom: y + half });
    const boxes = dots.map((at) => square(map.latLngToContainerPoint(at), 9));
    for (const line of lines) {
      let last = null;
      for (const at of line) {
        const point = map.latLngToContainerPoint(at);
        const steps = last ? Math.min(200, Math.ceil(point.distanceTo(last) / 8)) : 1;
        for (let i = 1; i <= steps && (last || i === 1); i += 1) {
          boxes.push(square(last ? last.add(point.subtract(last).multiplyBy(i / steps)) : point, 4));
        }
        last = point;
      }
    }
    return boxes;
  }

  // Takes the first side without overlap, or the one with the least.
  function arrange(map, labels, boxes) {
    const size = map.getSize();
    const taken = [...boxes];
    for (const label of labels) {
      const { x, y } = map.latLngToContainerPoint(label.latLng);
      const [w, h] = [label.box.offsetWidth, label.box.offsetHeight];
      let best = { cost: Infinity };
      [label.preferred, ...Object.keys(SIDES).filter((side) => side !== label.preferred)].forEach((side, order) => {
        const [dx, dy] = SIDES[side](w, h);
        const box = { left: x + dx - 2, right: x + dx + w + 2, top: y + dy - 2, bottom: y + dy + h + 2 };
        const outside = Math.max(0, -box.left, -box.top, box.right - size.x, box.bottom - size.y);
        const cost = taken.reduce((sum, other) => sum + overlap(box, other), 0) + 40 * outside + 0.5 * order;
        if (cost < best.cost) best = { cost, dx, dy, box };
      });
      taken.push(best.box);
      label.box.style.transform = `translate(${Math.round(best.dx)}px, ${Math.round(best.dy)}px)`;
    }
  }

  function drawLabels(context) {
    const { map, content, store } = context;
    const used = content.landings.filter((landing) => landing.used);
    const landings = used.map((landing) => ({
      landing,
      ...makeLabel(map, [landing.lat, landing.lon], [element("b", {}, landing.name), element("span", {}, landing.country)], "landing-label"),
    }));
    const routes = content.options.map((option, index) => ({
      index,
      ...makeLabel(map, option.links[0].latLngs[0], [swatch(index, 26), element("b", {}, option.name)], "route-label"),
    }));
    function place() {
      routes.forEach((label) => {
        label.latLng = distinctPlace(map, content.options, label.index);
        label.marker.setLatLng(label.latLng);
        label.preferred = "topRight";
        label.box.hidden = !store.visible[label.index];
        label.box.classList.toggle("is-selected", store.option === label.index);
      });
      landings.forEach((label) => { label.preferred = awayFromRoutes(map, label.landing, content.options); });
      const shown = routes.filter((label) => store.visible[label.index]);
      const lines = content.options.filter((option, i) => store.visible[i]).flatMap((option) => option.links.map((link) => link.latLngs));
      arrange(map, [...landings, ...shown], obstacles(map, lines, used.map((landing) => [landing.lat, landing.lon])));
    }
    store.on(place);
    map.on("zoomend resize viewreset", place);
    place();
  }

  Object.assign(cablemap, { drawLabels });
})();
