// What a click on a route shows: the place, and the leg of the position list that it lies on.
"use strict";
(() => {
  const { element, fixed, isNumber, rows, placeRows, keyFigures, methodOf } = cablemap;

  // Initial bearing from one position to the next, from true north.
  function bearing(from, to) {
    const found = cablemap.inverse([from.lon, from.lat], [to.lon, to.lat]);
    return found && found.metres > 0 ? `${fixed(found.bearing, 1)}° true` : null;
  }

  function legRows(link, index) {
    const [from, to] = [link.positions[index], link.positions[index + 1]];
    return [
      ["KP", `${fixed(from.kp, 3)}–${fixed(to.kp, 3)} km`],
      ["Length", [`${fixed(to.kp - from.kp, 3)} km`, bearing(from, to)].filter(Boolean).join(", ")],
      ["Cable", from.cable],
    ];
  }

  function sectionRows(section) {
    if (!section) return [];
    const slack = isNumber(section[5]) ? `slack ${fixed(section[5], 1)} %` : null;
    return [["Built", [section[2], methodOf(section), slack].filter(Boolean).join(", ")]];
  }

  function legCard(context, { optionIndex, linkIndex }, place) {
    const option = context.content.options[optionIndex];
    const link = option.links[linkIndex];
    const index = cablemap.legAt(link, place.kp);
    const show = () => {
      context.store.select(optionIndex, linkIndex);
      context.showRow(index);
    };
    const here = [
      ...placeRows(place.lat, place.lon),
      ...sectionRows(cablemap.sectionAt(link, place.kp)),
      ["Hazards", cablemap.hazardsAt(link, place.kp).join(", ")],
    ];
    const leg = () => [
      element("h4", {}, `Leg ${link.positions[index].number} to ${link.positions[index + 1].number}`),
      rows(legRows(link, index)),
      element("button", { type: "button", class: "popup-button", on: { click: show } }, "Show in position list"),
    ];
    return element(
      "div",
      { class: "popup" },
      element("h3", {}, option.name),
      element("p", { class: "popup-where" }, link.name),
      keyFigures(place.kp, place.depth),
      rows(here),
      index === null ? null : leg(),
    );
  }

  Object.assign(cablemap, { legCard });
})();
