// What lies at a place along a link: its section, hazards, position and leg.
"use strict";
(() => {
  const { kp, depth, fixed, isNumber, interpolate } = cablemap;

  // Where a link is at a KP, with what lies there.
  function placeAt(link, kpKm) {
    return {
      kp: kpKm,
      lon: interpolate(link.byKp, kpKm, 1),
      lat: interpolate(link.byKp, kpKm, 2),
      depth: interpolate(link.profile, kpKm, 1),
      slope: interpolate(link.profile, kpKm, 2),
    };
  }

  // Where two sections meet, the one that begins.
  function sectionAt(link, kpKm) {
    const begun = link.sections.filter(([startKm]) => startKm <= kpKm + 1e-9);
    const section = begun[begun.length - 1];
    return section && kpKm <= section[1] + 1e-3 ? section : null;
  }

  const hazardsAt = (link, kpKm) => [
    ...new Set(link.hazards.filter(([, startKm, endKm]) => startKm <= kpKm && kpKm <= endKm).map(([name]) => name)),
  ];

  // Index of the position nearest in KP; null without any.
  function nearestPosition(link, kpKm) {
    const away = (position) => Math.abs(position.kp - kpKm);
    return link.positions.reduce(
      (best, position, i) => (best === null || away(position) < away(link.positions[best]) ? i : best),
      null,
    );
  }

  // Index of the position where the leg at a KP begins; null where no leg is.
  function legAt(link, kpKm) {
    const last = link.positions.length - 1;
    if (last < 1) return null;
    const next = link.positions.findIndex((position) => position.kp > kpKm);
    if (next === 0) return null;
    if (next > 0) return next - 1;
    return kpKm <= link.positions[last].kp + 1e-3 ? last - 1 : null;
  }

  // "plough 1.5 m"; on the surface there is no depth to tell.
  function methodOf([, , , protection, burialM]) {
    return isNumber(burialM) && burialM > 0 ? `${protection} ${fixed(burialM, 1)} m` : protection;
  }

  // Slopes are positive where the route goes deeper.
  function slopeText(slopeDeg) {
    if (!isNumber(slopeDeg)) return null;
    const size = fixed(Math.abs(slopeDeg), 1);
    return `slope ${size}°${size === "0.0" ? "" : slopeDeg > 0 ? " down" : " up"}`;
  }

  function reading(link, place, position) {
    const section = sectionAt(link, place.kp);
    const parts = [
      kp(place.kp),
      isNumber(place.depth) ? `${depth(place.depth)} deep` : "depth unknown",
      slopeText(place.slope),
      section ? section[2] : null,
      section ? methodOf(section) : null,
      hazardsAt(link, place.kp).join(", "),
      position ? `position ${position.number}: ${position.event}` : null,
    ];
    return parts.filter(Boolean).join(" · ");
  }

  Object.assign(cablemap, { placeAt, sectionAt, hazardsAt, nearestPosition, legAt, methodOf, reading });
})();
