// What lies at a place along a link: its section, hazards, position and leg.
"use strict";
(() => {
  const { kp, depth, fixed, isNumber, interpolate, rowBefore, shareOf, inverse, direct } = cablemap;

  // A drawn line is straight in the Mercator projection: a rhumb line, on which distance goes with the meridian arc
  // and longitude with the projection's own north. Latitude alone or longitude alone would be kilometres off.
  const north = (lat) => Math.asinh(Math.tan((lat * Math.PI) / 180));
  const arc = (from, to) => inverse([0, from], [0, to]).metres;
  const isLevel = (a, b) => Math.abs(b - a) < 1e-7;

  // The place at a share of the length between two points.
  function between([lonA, latA], [lonB, latB], share) {
    if (isLevel(latA, latB)) return { lon: lonA + share * (lonB - lonA), lat: latA };
    const lat = direct([0, latA], latB > latA ? 0 : 180, share * arc(latA, latB))[1];
    return { lon: lonA + ((north(lat) - north(latA)) / (north(latB) - north(latA))) * (lonB - lonA), lat };
  }

  // The share of the length that lies before a latitude on the line between two points; null on a parallel.
  const lengthShare = ([, latA], [, latB], lat) =>
    isLevel(latA, latB) ? null : Math.min(1, arc(latA, lat) / arc(latA, latB));

  // Where a link is at a KP, with what lies there.
  function placeAt(link, kpKm) {
    const i = rowBefore(link.byKp, kpKm);
    const [[startKm, ...start], [endKm, ...end]] = [link.byKp[i], link.byKp[i + 1]];
    return {
      kp: kpKm,
      ...between(start, end, shareOf(startKm, endKm, kpKm)),
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

  Object.assign(cablemap, { placeAt, lengthShare, sectionAt, hazardsAt, nearestPosition, legAt, methodOf, reading });
})();
