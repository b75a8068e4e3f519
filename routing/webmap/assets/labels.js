// Names beside landings and routes, placed so that they do not cover one another.
"use strict";
(() => {
  const { element, regionName, swatch } = cablemap;

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
    on: (w, h) => [-w / 2, -h / 2],
  };

  function makeLabel(map, latLng, content, className) {
    const box = element("div", { class: `map-label ${className}` }, content);
    const icon = L.divIcon({ className: "map-label-anchor", html: box, iconSize: [0, 0] });
    return { box, marker: L.marker(latLng, { icon, interactive: false, keyboard: false, pane: "labels" }).addTo(map) };
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

  // Places on an option clear of its ends, with what they cost: near another option the name would be ambiguous.
  function distinctPlaces(map, options, index) {
    const main = options[index].links.reduce((a, b) => (b.lengthKm > a.lengthKm ? b : a));
    const total = main.byKp[main.byKp.length - 1][0];
    const others = options
      .filter((option, i) => i !== index)
      .flatMap((option) => option.links.flatMap((link) => link.latLngs));
    const points = others.map((at) => map.latLngToContainerPoint(at));
    return Array.from({ length: 31 }, (_, step) => {
      const share = 0.08 + (0.84 * step) / 30;
      const place = cablemap.placeAt(main, share * total);
      const pixel = map.latLngToContainerPoint([place.lat, place.lon]);
      const near = points.reduce((least, point) => Math.min(least, point.distanceTo(pixel)), 70);
      return { at: L.latLng(place.lat, place.lon), cost: 8 * (70 - near) + 120 * Math.abs(share - 0.45) };
    });
  }

  const overlap = (a, b) =>
    Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
    Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

  // Squares along the lines and around the dots that labels should not cover.
  function obstacles(map, lines, dots) {
    const square = ({ x, y }, half, owner) => ({
      left: x - half,
      right: x + half,
      top: y - half,
      bottom: y + half,
      owner,
    });
    const boxes = dots.map((at) => ({ ...square(map.latLngToContainerPoint(at), 9), weight: 2 }));
    for (const { line, owner } of lines) {
      let last = null;
      for (const at of line) {
        const point = map.latLngToContainerPoint(at);
        const steps = last ? Math.min(200, Math.ceil(point.distanceTo(last) / 8)) : 1;
        for (let i = 1; i <= steps && (last || i === 1); i += 1) {
          boxes.push(square(last ? last.add(point.subtract(last).multiplyBy(i / steps)) : point, 4, owner));
        }
        last = point;
      }
    }
    return boxes;
  }

  // Labels and controls weigh more than lines: text over text cannot be read.
  const HEAVY = 8;
  const covered = (box, taken, owner) =>
    taken.reduce(
      (sum, other) =>
        sum + (owner !== undefined && owner === other.owner ? 0 : (other.weight || 1) * overlap(box, other)),
      0,
    );

  // Takes the place and side that cover least.
  function arrange(map, labels, taken) {
    const size = map.getSize();
    const isSeen = ({ at }) => map.getBounds().contains(at);
    for (const label of labels) {
      label.box.style.visibility = label.places.some(isSeen) ? "visible" : "hidden";
      const [w, h] = [label.box.offsetWidth, label.box.offsetHeight];
      let best = { cost: Infinity };
      for (const { at, cost: placeCost } of label.places.filter(isSeen)) {
        const { x, y } = map.latLngToContainerPoint(at);
        for (const [side, offset] of Object.entries(SIDES)) {
          const [dx, dy] = offset(w, h);
          const box = {
            left: x + dx - 2,
            right: x + dx + w + 2,
            top: y + dy - 2,
            bottom: y + dy + h + 2,
            weight: HEAVY,
          };
          const outside = Math.max(0, -box.left, -box.top, box.right - size.x, box.bottom - size.y);
          // A name may sit on its own line; a landing's name has none.
          const owner = side === "on" ? label.index : undefined;
          const cost = placeCost + covered(box, taken, owner) + 400 * outside + (side === label.preferred ? 0 : 20);
          if (cost < best.cost) best = { cost, at, dx, dy, box };
        }
      }
      if (!best.box) continue;
      taken.push(best.box);
      label.marker.setLatLng(best.at);
      label.box.style.transform = `translate(${Math.round(best.dx)}px, ${Math.round(best.dy)}px)`;
    }
  }

  // Boxes of elements over the map, in its own pixels.
  function boxesOf(map, selector) {
    const origin = map.getContainer().getBoundingClientRect();
    return [...map.getContainer().querySelectorAll(selector)].map((node) => {
      const box = node.getBoundingClientRect();
      return {
        node,
        left: box.left - origin.left,
        right: box.right - origin.left,
        top: box.top - origin.top,
        bottom: box.bottom - origin.top,
        weight: HEAVY,
      };
    });
  }

  // Names of areas give way to all other labels.
  function yieldNames(map, taken) {
    for (const name of boxesOf(map, ".area-name span")) {
      name.node.style.visibility = taken.some((other) => other.weight && overlap(name, other) > 0)
        ? "hidden"
        : "visible";
    }
  }

  function drawLabels(context) {
    const { map, content, store } = context;
    const used = content.landings.filter((landing) => landing.used);
    const landings = used.map((landing) => ({
      landing,
      ...makeLabel(
        map,
        [landing.lat, landing.lon],
        [
          element("b", {}, landing.name),
          element("span", {}, landing.isJunction ? "branching unit" : regionName(landing.country)),
        ],
        "landing-label",
      ),
    }));
    const routes = content.options.map((option, index) => ({
      index,
      ...makeLabel(map, option.links[0].latLngs[0], [swatch(index, 26), element("b", {}, option.name)], "route-label"),
    }));
    // A small map has room for one name; the swatches of the panel tell the others.
    const isNamed = (index) => store.visible[index] && (map.getSize().x >= 500 || store.option === index);
    function place() {
      routes.forEach((label) => {
        label.places = distinctPlaces(map, content.options, label.index);
        label.preferred = "on";
        label.box.hidden = !isNamed(label.index);
        label.box.classList.toggle("is-selected", store.option === label.index);
      });
      landings.forEach((label) => {
        label.preferred = awayFromRoutes(map, label.landing, content.options);
        label.places = [{ at: label.marker.getLatLng(), cost: 0 }];
      });
      const shown = routes.filter((label) => isNamed(label.index));
      const lines = content.options
        .filter((option, i) => store.visible[i])
        .flatMap((option) =>
          option.links.map((link) => ({ line: link.latLngs, owner: content.options.indexOf(option) })),
        );
      const dots = used.map((landing) => [landing.lat, landing.lon]);
      const taken = [...boxesOf(map, ".leaflet-control"), ...obstacles(map, lines, dots)];
      arrange(map, [...landings, ...shown, ...context.moreLabels()], taken);
      yieldNames(map, taken);
    }
    // Lighting up moves no name.
    function light() {
      const lit = store.lit();
      routes.forEach(({ box, index }) => {
        box.classList.toggle("is-lit", lit === index);
        box.classList.toggle("is-dimmed", lit !== null && lit !== index);
      });
    }
    store.on(place);
    store.on(light);
    store.onPoint(light);
    map.on("moveend", place);
    context.placeLabels = place;
    place();
  }

  Object.assign(cablemap, { drawLabels });
})();
