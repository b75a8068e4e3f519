// Strips under the depth curve, in line with its KP: cable, burial, slope, hazards.
"use strict";
(() => {
  const { shape, fixed, niceStep, isNumber, methodOf } = cablemap;

  const GAP = 4;
  // The curve of depth keeps at least this many pixels, and this share of the height.
  const LEAST_DEPTH_PX = 60;
  const LEAST_DEPTH_SHARE = 0.45;

  // Heights of strips in pixels, from all of them with room to read down to none.
  const PLANS = [
    { cable: 20, burial: 36, slope: 44, eachHazard: 13 },
    { cable: 18, burial: 30, slope: 36, hazards: 11 },
    { cable: 14, burial: 16, hazards: 9 },
    { cable: 13, burial: 15 },
    {},
  ];

  const namesOf = (link) => [...new Set(link.hazards.map(([name]) => name))];

  function stripsOf(link, plan) {
    const strips = [];
    const add = (kind, height, name) => height && strips.push({ kind, height, name });
    if (link.sections.length) {
      add("cable", plan.cable, "Cable");
      add("burial", plan.burial, "Burial");
    }
    if (link.profile.some(([, , slope]) => isNumber(slope))) add("slope", plan.slope, "Slope");
    if (link.hazards.length) add("hazards", plan.hazards, "Hazards");
    if (plan.eachHazard) namesOf(link).forEach((name) => add("hazard", plan.eachHazard, name));
    return strips;
  }
  const heightOf = (strips) => strips.reduce((sum, { height }) => sum + height + GAP, 0);

  // The strips that leave the depth curve its room, each with its top below the curve.
  function planStrips(link, height) {
    const room = (strips) => height - heightOf(strips) >= Math.max(LEAST_DEPTH_PX, LEAST_DEPTH_SHARE * height);
    const strips = PLANS.map((plan) => stripsOf(link, plan)).find(room) || [];
    let top = height - heightOf(strips);
    for (const strip of strips) {
      strip.top = top + GAP;
      top += GAP + strip.height;
    }
    return { strips, depthHeight: height - heightOf(strips) };
  }

  // Neighbours of the same text as one: [startKm, endKm, text, section].
  function joined(sections, text) {
    const runs = [];
    for (const section of sections) {
      const last = runs[runs.length - 1];
      if (last && last[2] === text(section) && Math.abs(last[1] - section[0]) < 1e-6) last[1] = section[1];
      else runs.push([section[0], section[1], text(section), section]);
    }
    return runs;
  }

  const rangeText = (startKm, endKm) => `KP ${fixed(startKm, 3)}–${fixed(endKm, 3)} km`;

  // A part of a strip, from the top down to a share of its height, named when pointed at.
  function block(scale, strip, [startKm, endKm, text], { className, fill, share = 1 }) {
    const [left, right] = [scale.x(startKm), scale.x(endKm)];
    return shape(
      "rect",
      {
        class: className,
        x: left.toFixed(1),
        y: strip.y,
        width: Math.max(1, right - left).toFixed(1),
        height: (share * strip.height).toFixed(1),
        fill,
      },
      shape("title", {}, `${text}, ${rangeText(startKm, endKm)}`),
    );
  }

  // About 6 pixels a letter at 11 pixels; a name that does not fit is left to the pointer.
  const LETTER_PX = 6.1;
  function blockName(scale, strip, [startKm, endKm, text]) {
    const [left, right] = [scale.x(startKm), scale.x(endKm)];
    if (right - left < LETTER_PX * text.length + 6) return null;
    return shape(
      "text",
      { class: "block-text", x: (left + right) / 2, y: strip.y + strip.height / 2 + 3.8, "text-anchor": "middle" },
      text,
    );
  }

  function cableStrip(scale, strip, link, cables) {
    return joined(link.sections, (section) => section[2]).flatMap((run) => {
      const look = cables.indexOf(run[2]) % HATCHES.length;
      return [
        block(scale, strip, run, { className: `cable-block cable-${look}` }),
        look ? block(scale, strip, run, { className: "hatch", fill: `url(#hatch-${look})` }) : null,
        blockName(scale, strip, run),
      ];
    });
  }

  function burialStrip(scale, strip, link) {
    const deepest = Math.max(1, ...link.sections.map((section) => section[4]).filter(isNumber));
    const runs = joined(link.sections, methodOf);
    const bars = runs.map((run) => {
      const burialM = run[3][4];
      const share = isNumber(burialM) ? Math.max(0.06, burialM / deepest) : 0.06;
      return block(scale, strip, run, { className: burialM > 0 ? "burial-block" : "surface-block", share });
    });
    const names = runs.map((run) => blockName(scale, strip, run));
    const bottom = strip.y + strip.height - 1;
    return [frameOf(scale, strip), bars, names, most(scale, `${short(deepest)} m`, bottom)];
  }

  // The largest value of a strip, at its right.
  function most(scale, text, y) {
    return shape("text", { class: "tick-text", x: scale.right + 4, y }, text);
  }
  const short = (value) => fixed(value, value % 1 ? 1 : 0);

  // Up and down alike: what a plough and a cable meet.
  function slopeStrip(scale, strip, link) {
    const known = link.profile.map(([, , slope]) => slope).filter(isNumber);
    const steepest = known.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0.1);
    const step = niceStep(steepest, 2);
    const top = Math.ceil(steepest / step - 1e-9) * step;
    const bottom = strip.y + strip.height;
    const y = (slope) => bottom - (Math.abs(slope) / top) * strip.height;
    const curves = cablemap.pieces(link.profile, 2).map((piece) => {
      const line = piece.map(([kpKm, , slope]) => `${scale.x(kpKm).toFixed(1)},${y(slope).toFixed(1)}`).join(" L");
      const [first, last] = [scale.x(piece[0][0]), scale.x(piece[piece.length - 1][0])];
      const d = `M${first.toFixed(1)},${bottom} L${line} L${last.toFixed(1)},${bottom} Z`;
      return shape("path", { class: "slope-area", d });
    });
    return [frameOf(scale, strip), curves, most(scale, `${short(top)}°`, strip.y + 9)];
  }

  function hazardStrip(scale, strip, link, name) {
    const runs = link.hazards
      .filter((hazard) => !name || hazard[0] === name)
      .map(([text, startKm, endKm]) => [startKm, endKm, text]);
    return [
      frameOf(scale, strip),
      runs.map((run) => [
        block(scale, strip, run, { className: "hazard-block" }),
        block(scale, strip, run, { className: "hatch", fill: "url(#hatch-hazard)" }),
      ]),
    ];
  }

  const frameOf = (scale, strip) =>
    shape("rect", { class: "strip", x: scale.left, y: strip.y, width: scale.right - scale.left, height: strip.height });

  // The name at the left of a strip, cut to the margin; whole when pointed at.
  function stripName(scale, strip) {
    const letters = Math.floor((scale.left - 12) / LETTER_PX);
    const text = strip.name.length > letters ? `${strip.name.slice(0, Math.max(1, letters - 1))}…` : strip.name;
    return shape(
      "text",
      { class: "strip-name", x: scale.left - 8, y: strip.y + strip.height / 2 + 3.8, "text-anchor": "end" },
      text === strip.name ? text : [shape("title", {}, strip.name), text],
    );
  }

  // Lines of 6 x 6 pixel patterns; the first cable is plain.
  const HATCHES = [null, "M-1 7 L7 -1", "M0 3 H6", "M3 0 V6", "M-1 -1 L7 7", "M0 3 H6 M3 0 V6"];
  function hatches() {
    const pattern = (id, d, className) =>
      shape(
        "pattern",
        { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
        shape("path", { class: className, d }),
      );
    return shape(
      "defs",
      {},
      HATCHES.map((d, i) => d && pattern(`hatch-${i}`, d, "hatch-line")),
      pattern("hatch-hazard", "M-1 7 L7 -1 M-1 1 L1 -1 M5 7 L7 5", "hazard-line"),
    );
  }

  // Everything of the strips of a plan; cables holds the names of all cables, whose places give their looks.
  function drawStrips(scale, link, cables) {
    const draw = {
      cable: (strip) => cableStrip(scale, strip, link, cables),
      burial: (strip) => burialStrip(scale, strip, link),
      slope: (strip) => slopeStrip(scale, strip, link),
      hazards: (strip) => hazardStrip(scale, strip, link),
      hazard: (strip) => hazardStrip(scale, strip, link, strip.name),
    };
    const nodes = scale.strips.map((strip) =>
      shape("g", { class: `track track-${strip.kind}` }, draw[strip.kind](strip), stripName(scale, strip)),
    );
    return [hatches(), ...nodes];
  }

  Object.assign(cablemap, { planStrips, drawStrips });
})();
