// Elements and numbers: every text on the page becomes a text node here, never markup.
"use strict";
const cablemap = {};

(() => {
  const SVG = "http://www.w3.org/2000/svg";

  // element("div", {class: "card"}, "text", child): strings become text nodes.
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") {
        for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
      } else if (name === "style") {
        for (const [key, setting] of Object.entries(value)) node.style.setProperty(key, setting);
      } else {
        node.setAttribute(name, value === true ? "" : String(value));
      }
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  }
  const element = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const shape = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
  const DASH = "–";

  function fixed(value, digits) {
    if (!isNumber(value)) return DASH;
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  // Three figures and a unit: {number: "18.4", unit: "M"}.
  function scaled(value) {
    if (!isNumber(value)) return { number: DASH, unit: "" };
    const size = Math.abs(value);
    const [divisor, unit] =
      size >= 999.5e6 ? [1e9, "bn"] : size >= 999.5e3 ? [1e6, "M"] : size >= 999.5 ? [1e3, "k"] : [1, ""];
    const short = value / divisor;
    const digits = Math.abs(short) >= 99.95 || divisor === 1 ? 0 : Math.abs(short) >= 9.995 ? 1 : 2;
    return { number: fixed(short, digits), unit };
  }
  function money(value) {
    const { number, unit } = scaled(value);
    return unit ? `${number} ${unit}` : number;
  }
  const usd = (value) => (isNumber(value) ? `USD ${money(value)}` : DASH);

  // A range whose ends share one unit: "15.2–23.1 M".
  function moneyRange(low, high) {
    const a = scaled(low);
    const b = scaled(high);
    return a.unit === b.unit
      ? `${a.number}${DASH}${b.number} ${b.unit}`.trim()
      : `${money(low)} ${DASH} ${money(high)}`;
  }

  const km = (value) => (isNumber(value) ? `${fixed(value, value < 100 ? 1 : 0)} km` : DASH);
  const kp = (value) => (isNumber(value) ? `KP ${fixed(value, 3)} km` : `KP ${DASH}`);
  const depth = (value) => (isNumber(value) ? `${fixed(value, value < 10 ? 1 : 0)} m` : DASH);
  const faults = (value) => (isNumber(value) ? (value >= 0.1 ? fixed(value, 2) : value.toPrecision(2)) : DASH);

  // Degrees and decimal minutes; rounding is done on the whole value, so 60.000' never appears.
  function degreesMinutes(value, axis, digits) {
    const unit = 10 ** digits;
    const ticks = Math.round(Math.abs(value) * 60 * unit);
    const degrees = String(Math.floor(ticks / (60 * unit))).padStart(axis === "lat" ? 2 : 3, "0");
    const minutes = ((ticks % (60 * unit)) / unit).toFixed(digits).padStart(3 + digits, "0");
    return `${degrees}° ${minutes}′ ${hemisphere(value, axis)}`;
  }
  function hemisphere(value, axis) {
    return axis === "lat" ? (value < 0 ? "S" : "N") : value < 0 ? "W" : "E";
  }
  const decimalDegrees = (value, axis, digits) => `${Math.abs(value).toFixed(digits)}° ${hemisphere(value, axis)}`;
  // "Azerbaijan" for the code AZ of ISO 3166; anything else as it is.
  const REGIONS = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  const regionName = (country) => (/^[A-Z]{2}$/.test(country) && REGIONS.of(country)) || country;
  // The map may run past 180 degrees; a reader's longitude never does.
  const wrapLon = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;

  // Round steps for an axis: about `count` of them between 0 and `span`.
  function niceStep(span, count) {
    const raw = span / count;
    const decade = 10 ** Math.floor(Math.log10(raw));
    return decade * [1, 2, 5, 10].find((step) => step * decade >= raw * 0.999);
  }

  // Index of the row at or before x in a table of [x, ...] rows whose first column grows; never the last of several.
  function rowBefore(rows, x) {
    let low = 0;
    let high = rows.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (rows[middle][0] <= x) low = middle;
      else high = middle;
    }
    return low;
  }
  const shareOf = (a, b, x) => (b > a ? Math.min(1, Math.max(0, (x - a) / (b - a))) : 0);

  // Value at x in such a table: null inside gaps.
  function interpolate(rows, x, column) {
    if (!rows.length) return null;
    const low = rowBefore(rows, x);
    const [a, b] = [rows[low], rows[Math.min(low + 1, rows.length - 1)]];
    if (a[column] === null || b[column] === null) return a[column] === null ? b[column] : a[column];
    return a[column] + shareOf(a[0], b[0], x) * (b[column] - a[column]);
  }

  Object.assign(cablemap, {
    element,
    shape,
    isNumber,
    fixed,
    scaled,
    money,
    moneyRange,
    usd,
    km,
    kp,
    depth,
    faults,
    degreesMinutes,
    decimalDegrees,
    regionName,
    wrapLon,
    niceStep,
    rowBefore,
    shareOf,
    interpolate,
  });
})();
