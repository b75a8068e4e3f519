// The figures of an option: one list for every view that sets options beside each other.
"use strict";
(() => {
  const { element, fixed, money, faults, isNumber } = cablemap;

  const one = (value) => fixed(value, 1);
  const two = (value) => fixed(value, 2);
  const whole = (value) => fixed(value, 0);
  const percent = (value) => (isNumber(value) ? fixed(100 * value, 3) : fixed(value, 3));

  // `head` is short, for a column. `better` says which end is the good one; others are neither good nor bad.
  const FIGURES = [
    { key: "rank", name: "Rank", head: "Rank", unit: "", text: whole },
    { key: "total", name: "Total cost", head: "Total", unit: "USD", text: money, better: "low" },
    { key: "lengthKm", name: "Route length", head: "Route", unit: "km", text: one, better: "low" },
    { key: "cableKm", name: "Cable length", head: "Cable", unit: "km", text: one, better: "low" },
    { key: "maxDepth", name: "Largest depth", head: "Max depth", unit: "m", text: whole },
    { key: "crossings", name: "Crossings", head: "Crossings", unit: "", text: whole, better: "low" },
    { key: "buriedKm", name: "Buried length", head: "Buried", unit: "km", text: one },
    { key: "faults", name: "Expected faults", head: "Faults", unit: "a year", text: faults, better: "low" },
    { key: "availability", name: "Availability", head: "Availability", unit: "%", text: percent, better: "high" },
    { key: "latency", name: "Latency, one way", head: "Latency", unit: "ms", text: two, better: "low" },
    { key: "gap", name: "Proven gap", head: "Gap", unit: "%", text: two, better: "low" },
  ];

  const MINUS = "−";
  // "+1.2", "−1.2", or "0.0" for what rounds to nothing: the sign is part of the text.
  function signed(value, text) {
    if (!isNumber(value) || text(Math.abs(value)) === text(0)) return text(value && 0);
    return `${value < 0 ? MINUS : "+"}${text(Math.abs(value))}`;
  }

  // Texts of a figure that are best among the options; none when all read the same.
  function bestText({ key, text, better }, options) {
    const known = options.map((option) => option[key]).filter(isNumber);
    if (!better || new Set(known.map(text)).size < 2) return null;
    return text(better === "low" ? Math.min(...known) : Math.max(...known));
  }

  // Low to high with the total as a dot, on one scale for all options.
  function rangeBar(option, options, color) {
    const ends = options.flatMap(({ low, high, total }) => [low, high, total]).filter(isNumber);
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    const place = (value) => `${((100 * (value - least)) / (most - least || 1)).toFixed(2)}%`;
    const bar = element("div", { class: "range", "aria-hidden": "true" });
    if (isNumber(option.low) && isNumber(option.high)) {
      bar.append(
        element("i", {
          class: "range-span",
          style: {
            left: place(option.low),
            width: `calc(${place(option.high)} - ${place(option.low)})`,
            background: color,
          },
        }),
      );
    }
    if (isNumber(option.total))
      bar.append(element("i", { class: "range-dot", style: { left: place(option.total), background: color } }));
    return bar;
  }

  Object.assign(cablemap, { FIGURES, signed, bestText, rangeBar });
})();
