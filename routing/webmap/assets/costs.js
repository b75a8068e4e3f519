// What options cost by item: amounts that add up as they are shown, in a table of items by options.
"use strict";
(() => {
  const { element, fixed, isNumber, swatch, routeLook } = cablemap;

  const REST = "Not itemised";

  // Whole units that add up to the rounded sum: the largest remainders are rounded up (Hamilton's method).
  function wholeParts(amounts) {
    const parts = amounts.map(Math.floor);
    const missing = Math.round(amounts.reduce((sum, x) => sum + x, 0)) - parts.reduce((sum, x) => sum + x, 0);
    [...amounts.keys()]
      .sort((i, j) => amounts[j] - parts[j] - (amounts[i] - parts[i]))
      .slice(0, missing)
      .forEach((i) => (parts[i] += 1));
    return parts;
  }

  // One option: whole units by label, null where it has no such item; what its items leave of the total comes last.
  function columnOf(option, labels, size) {
    const known = new Map();
    for (const [label, usd] of option.items) if (isNumber(usd)) known.set(label, (known.get(label) || 0) + usd);
    const amounts = labels.map((label) => known.get(label) || 0);
    const rest = isNumber(option.total) ? option.total - amounts.reduce((sum, usd) => sum + usd, 0) : 0;
    // Cents are noise of the sum.
    const parts = wholeParts([...amounts, Math.round(100 * rest) / 100].map((usd) => usd / size));
    const total = isNumber(option.total) ? parts.reduce((sum, part) => sum + part, 0) : null;
    return { parts: parts.map((part, i) => (i === labels.length || known.has(labels[i]) ? part : null)), total };
  }

  // {unit, rows: [{label, values}], totals}: values and totals in whole units, dearest items first.
  function costTable(options) {
    const dearest = Math.max(...options.map(({ total }) => (isNumber(total) ? Math.abs(total) : 0)));
    const unit = dearest >= 1e6 ? { size: 1e3, name: "thousand USD" } : { size: 1, name: "USD" };
    const labels = [...new Set(options.flatMap((option) => option.items.map(([label]) => label)))];
    const columns = options.map((option) => columnOf(option, labels, unit.size));
    const weight = ({ values }) => Math.max(...values.map((value) => Math.abs(value || 0)));
    const rows = [...labels, REST].map((label, i) => ({ label, values: columns.map(({ parts }) => parts[i]) }));
    const rest = rows.pop();
    rows.sort((a, b) => weight(b) - weight(a));
    return {
      unit,
      rows: [...rows, rest].filter((row) => weight(row) > 0),
      totals: columns.map(({ total }) => total),
    };
  }

  function amountCell(value, most, color) {
    const share = value > 0 ? (100 * value) / most : 0;
    return element(
      "td",
      { class: "number" },
      element(
        "div",
        { class: "amount" },
        element(
          "span",
          { class: "amount-track", "aria-hidden": "true" },
          element("i", { style: { width: `${share.toFixed(1)}%`, background: color } }),
        ),
        element("span", {}, fixed(value, 0)),
      ),
    );
  }

  function optionHead(option, index) {
    return element(
      "th",
      { scope: "col", class: "number", title: option.name },
      swatch(index, 26),
      element("span", { class: "clamped" }, option.name),
    );
  }

  // Items by options; all bars on one scale, so that equal bars are equal money.
  function costMatrix({ content }) {
    const { options } = content;
    const { unit, rows, totals } = costTable(options);
    const most = Math.max(1, ...rows.flatMap(({ values }) => values));
    return [
      element(
        "table",
        { class: "cost-matrix" },
        element(
          "thead",
          {},
          element("tr", {}, element("th", { scope: "col" }, `Item, ${unit.name}`), options.map(optionHead)),
        ),
        element(
          "tbody",
          {},
          rows.map(({ label, values }) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, label),
              values.map((value, i) => amountCell(value, most, routeLook(i).color)),
            ),
          ),
        ),
        element(
          "tfoot",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "row" }, "Total"),
            totals.map((total) => element("td", { class: "number" }, fixed(total, 0))),
          ),
        ),
      ),
      element(
        "p",
        { class: "note" },
        "All bars on one scale: equal bars are equal money. Amounts are rounded so that every column adds up.",
      ),
    ];
  }

  Object.assign(cablemap, { costTable, costMatrix });
})();
