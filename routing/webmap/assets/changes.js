// Two runs in one map: the routes before, where the new ones left them, and what that changed.
"use strict";
(() => {
  const { element, fixed, isNumber } = cablemap;

  const DIGITS = { km: 1, m: 1, "a year": 4, "%": 3, USD: 0, "": 0 };
  const STATUS = { added: "new", removed: "no longer there", kept: "" };
  const BEFORE = { color: "#3a444e", weight: 2.2, dashArray: "5 4" };
  const HALO = { color: "#f0e442", weight: 20, opacity: 0.6 };

  const distance = (metres) =>
    !isNumber(metres) ? "–" : metres >= 1000 ? `${fixed(metres / 1000, 1)} km` : `${fixed(metres, 0)} m`;
  const amount = (value, unit) => fixed(value, DIGITS[unit] ?? 3);
  function signed(value, unit) {
    if (!isNumber(value)) return "–";
    return `${value < 0 ? "−" : "+"}${amount(Math.abs(value), unit)}`;
  }
  // A page may have been made by anyone: only numbers become places.
  const latLngs = (line) =>
    (Array.isArray(line) ? line : [])
      .filter((at) => Array.isArray(at) && isNumber(at[0]) && isNumber(at[1]))
      .map(([lon, lat]) => L.latLng(lat, lon));

  function table(heads, rows) {
    const isNumeric = (i) => heads[i].startsWith("#");
    return element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          heads.map((head, i) =>
            element("th", { scope: "col", class: isNumeric(i) ? "number" : null }, head.replace(/^#/, "")),
          ),
        ),
      ),
      element(
        "tbody",
        {},
        rows.map((cells) =>
          element(
            "tr",
            {},
            cells.map((cell, i) => element("td", { class: isNumeric(i) ? "number" : null }, cell)),
          ),
        ),
      ),
    );
  }
  const part = (title, ...children) => element("section", { class: "change" }, element("h3", {}, title), children);

  const millions = (usd) => (isNumber(usd) ? fixed(usd / 1e6, 2) : "–");
  const mostOf = (option) => Math.max(0, ...option.links.flatMap((link) => link.moves.map((move) => move.mostM)));

  // What each move, line and label of the map belongs to: the option and link that the page shows.
  function placed(context) {
    const { options } = context.content;
    return context.content.changes.options.map((change) => {
      const index = options.findIndex((option) => option.id === change.id);
      const links = index < 0 ? [] : options[index].links;
      return { change, index, linkOf: (link) => links.findIndex((each) => each.id === link.id) };
    });
  }

  function showMove(context, index, link, move) {
    context.store.select(index, Math.max(0, link));
    const bounds = L.latLngBounds([...latLngs(move.line), ...latLngs(move.beforeLine)]);
    if (bounds.isValid()) context.map.fitBounds(bounds.pad(0.25), { maxZoom: 12, animate: false });
    context.cursor.move((move.from + move.to) / 2);
  }

  function moveTable(context, { change, index, linkOf }) {
    let number = 0;
    const rows = change.links.flatMap((link) =>
      link.moves.map((move) => [
        element(
          "button",
          {
            type: "button",
            class: "row-button",
            "aria-label": `Show on the map: ${link.name}, KP ${fixed(move.from, 1)} to ${fixed(move.to, 1)}`,
            on: { click: () => showMove(context, index, linkOf(link), move) },
          },
          (number += 1),
        ),
        link.name,
        fixed(move.from, 3),
        fixed(move.to, 3),
        distance(move.mostM),
        distance(move.meanM),
        move.side,
        `${fixed(move.oldFrom, 3)} – ${fixed(move.oldTo, 3)}`,
      ]),
    );
    const heads = ["Show", "Link", "#From KP", "#To KP", "#Moved up to", "#Mean", "To side", "#KP before"];
    return rows.length ? table(heads, rows) : null;
  }

  // One line for each link that has not moved, so that nobody has to guess.
  function stillLines({ changes }, { change }) {
    return change.links
      .filter((link) => !link.moves.length || link.relanded)
      .map((link) => {
        const still = link.identical
          ? link.changed
            ? "the same route to the millimetre; what is built or costs differs"
            : "the same in everything"
          : `nowhere more than ${distance(changes.toleranceM)} from before; at most ${distance(link.mostM)}`;
        const text = link.relanded ? `other landings; before: ${link.oldName}` : STATUS[link.status] || still;
        return element("p", {}, element("b", {}, link.name), ` ${text}`);
      });
  }

  function builtTable({ change }) {
    const rows = change.links.flatMap((link) =>
      link.built.map(([from, to, before, after]) => [link.name, fixed(from, 3), fixed(to, 3), before, after]),
    );
    return rows.length ? part("Built otherwise", table(["Link", "#From KP", "#To KP", "Before", "After"], rows)) : null;
  }

  function crossingLines({ change }) {
    return change.links.flatMap(({ name, crossings: [gained, lost] }) => [
      gained.length ? element("p", {}, `${name} now crosses: ${gained.join(", ")}`) : null,
      lost.length ? element("p", {}, `${name} no longer crosses: ${lost.join(", ")}`) : null,
    ]);
  }

  // Amounts in the unit of the heading have none of their own.
  const figureRows = (figures, heading) =>
    figures.map(([name, unit, before, after, difference]) => [
      unit && heading !== unit ? `${name}, ${unit}` : name,
      amount(before, unit),
      amount(after, unit),
      signed(difference, unit),
    ]);
  const figureHeads = (first) => [first, "#Before", "#After", "#Difference"];

  function figurePart(title, { figures, items }) {
    if (!figures.length && !items.length) return null;
    return part(
      title,
      figures.length ? table(figureHeads("Figure"), figureRows(figures)) : null,
      items.length ? table(figureHeads("Cost by item, USD"), figureRows(items, "USD")) : null,
    );
  }

  const figureParts = ({ change }) => [
    figurePart("Figures of the option", change),
    ...change.links.map((link) => figurePart(link.name, link)),
  ];

  function optionsTable(context, list) {
    const rows = list.map(({ change, index }) => {
      const [before, after, difference] = change.total;
      const name =
        index < 0
          ? change.name
          : element(
              "button",
              { type: "button", class: "link-button", on: { click: () => context.store.select(index) } },
              change.name,
            );
      const state = STATUS[change.status] || (change.changed ? "changed" : "the same");
      return [
        name,
        change.reason ? `${state}: ${change.reason}` : state,
        mostOf(change) ? distance(mostOf(change)) : "–",
        millions(before),
        millions(after),
        isNumber(difference) ? `${difference < 0 ? "−" : "+"}${millions(Math.abs(difference))}` : "–",
      ];
    });
    const heads = ["Option", "", "#Moved up to", "#Before, USD M", "#After", "#Difference"];
    return part("All options", table(heads, rows));
  }

  // What each change did to the option alone, and all of them together; runs that were only compared do not know.
  function causesPart({ causeNotes = [] }, chosen) {
    const causes = (chosen && chosen.change.causes) || [];
    const rows = causes.map(([label, usd, km, metres, remark]) => [
      remark ? `${label}: ${remark}` : label,
      signed(usd, "USD"),
      signed(km, "km"),
      isNumber(metres) ? distance(metres) : "–",
    ]);
    if (!rows.length && !causeNotes.length) return "";
    return part(
      "What caused it",
      rows.length ? table(["Change", "#Total, USD", "#Route, km", "#Moved up to"], rows) : null,
      causeNotes.map((note) => element("p", {}, note)),
    );
  }

  function madeOf({ madeOf: lines, moreMadeOf, notes }) {
    const all = [...notes, ...lines, moreMadeOf ? `and ${moreMadeOf} more in the JSON file` : ""].filter(Boolean);
    return part(
      "What the runs were made of",
      all.length
        ? element(
            "ul",
            {},
            all.map((line) => element("li", {}, line)),
          )
        : element("p", {}, "The same inputs, parameters and versions."),
    );
  }

  function drawTable(context, list) {
    const { content, store } = context;
    const view = element("div", { class: "changes", tabindex: 0, role: "region", "aria-label": "What moved" });
    function update() {
      const chosen = list.find(({ index }) => index === store.option);
      const moves = chosen && moveTable(context, chosen);
      view.replaceChildren(
        element(
          "div",
          {},
          part(
            "Where the route moved",
            chosen && STATUS[chosen.change.status] ? element("p", {}, "This option is new.") : null,
            moves,
            chosen && chosen.change.status === "kept" ? stillLines(content, chosen) : null,
            chosen ? crossingLines(chosen) : null,
          ),
          chosen ? builtTable(chosen) : "",
          optionsTable(context, list),
        ),
        element(
          "div",
          {},
          causesPart(content.changes, chosen),
          chosen && chosen.change.status === "kept" ? figureParts(chosen) : "",
          madeOf(content.changes),
        ),
      );
    }
    store.on(update);
    update();
    context.addTab("What moved", view);
    context.openTab("What moved");
  }

  // A label that may stand anywhere along a line, best beside its middle.
  function label(line, ...texts) {
    const box = element("div", { class: "map-label change-label" }, texts);
    const icon = L.divIcon({ className: "map-label-anchor", html: box, iconSize: [0, 0] });
    const places = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map((share) => ({
      at: line[Math.floor(share * (line.length - 1))],
      cost: 200 * Math.abs(share - 0.5),
    }));
    const marker = L.marker(places[0].at, { icon, interactive: false, keyboard: false, pane: "labels" });
    return { box, marker, places, preferred: "right" };
  }

  function beforeLines(link) {
    const line = latLngs(link.before);
    if (line.length < 2) return [];
    const common = { pane: "before", interactive: false, smoothFactor: 0.5 };
    return [
      L.polyline(line, { ...common, color: "#ffffff", weight: 5, opacity: 0.9 }),
      L.polyline(line, { ...common, ...BEFORE, className: "route-before" }),
    ];
  }

  function halos(link) {
    return link.moves
      .map((move) => latLngs(move.line))
      .filter((line) => line.length > 1)
      .map((line) =>
        L.polyline(line, { pane: "moved", interactive: false, lineCap: "round", ...HALO, className: "moved-stretch" }),
      );
  }

  // The farthest move of each link has its name on the map; more would hide the routes.
  function labelsOf({ change }) {
    if (change.status === "removed") {
      const [first] = change.links.map((link) => latLngs(link.before)).filter((line) => line.length > 1);
      return first ? [label(first, element("b", {}, change.name), element("span", {}, STATUS.removed))] : [];
    }
    if (change.status === "added") return [];
    return change.links
      .filter((link) => link.moves.length)
      .map((link) => link.moves.reduce((a, b) => (b.mostM > a.mostM ? b : a)))
      .map((move) => ({ line: latLngs(move.line), text: `moved ${distance(move.mostM)}` }))
      .filter(({ line }) => line.length > 1)
      .map(({ line, text }) => label(line, element("b", {}, text)));
  }

  function drawOnMap(context, list) {
    const { map, store } = context;
    const before = L.layerGroup();
    const moved = L.layerGroup();
    const drawn = list.map((each) => ({
      ...each,
      lines: each.change.links.flatMap(beforeLines),
      halos: each.change.links.flatMap(halos),
      labels: labelsOf(each),
    }));
    function put(group, layers, isShown) {
      for (const layer of layers) isShown ? group.addLayer(layer) : group.removeLayer(layer);
    }
    function update() {
      for (const { index, lines, halos: wide, labels } of drawn) {
        const isShown = index < 0 || store.visible[index];
        put(before, lines, isShown);
        const isFaint = index >= 0 && store.option !== index;
        lines.forEach((line) => line.setStyle({ opacity: isFaint ? 0.4 : 0.95 }));
        put(moved, wide, isShown && store.option === index);
        const markers = labels.map(({ marker }) => marker);
        put(index < 0 ? before : moved, markers, isShown && (index < 0 || store.option === index));
      }
    }
    store.on(update);
    update();
    const labels = drawn.flatMap((each) => each.labels);
    context.moreLabels = () => labels.filter(({ marker }) => map.hasLayer(marker));
    for (const [name, group, look] of [
      ["Routes before", before, { height: "0", "border-top": `2px dashed ${BEFORE.color}` }],
      ["Moved stretches", moved, { height: "10px", background: HALO.color, opacity: String(HALO.opacity) }],
    ]) {
      group.addTo(map);
      const show = (isOn) => {
        if (isOn) map.addLayer(group);
        else map.removeLayer(group);
        context.placeLabels();
      };
      context.layers.push({ group: "Before and after", name, shown: true, show, look });
    }
  }

  function addKey(context) {
    const tolerance = distance(context.content.changes.toleranceM);
    const row = (className, text) =>
      element("div", { class: "key-row" }, element("i", { class: className, "aria-hidden": "true" }), text);
    const box = new L.Control({ position: "topright" });
    box.onAdd = () =>
      element(
        "div",
        { class: "legends change-key" },
        row("key-before", "Route before"),
        row("key-moved", `Moved by more than ${tolerance}`),
      );
    context.map.addControl(box);
  }

  function drawChanges(context) {
    const list = placed(context);
    // What moved is to be seen at once: the first option that did.
    const first = list.filter(({ index, change }) => index >= 0 && mostOf(change));
    if (first.length) context.store.select(Math.min(...first.map(({ index }) => index)));
    drawOnMap(context, list);
    addKey(context);
    drawTable(context, list);
  }

  Object.assign(cablemap, { drawChanges });
})();
