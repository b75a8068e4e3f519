// Two options side by side: what each item and each figure adds or saves.
"use strict";
(() => {
  const { element, fixed, isNumber, usd, money, signed, costTable, FIGURES } = cablemap;

  const whole = (value) => fixed(value, 0);

  // Items that make up most of a sum, dearest first, at most three; and whether they are more than half of it.
  function mainParts(parts) {
    const sorted = [...parts].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
    const sum = sorted.reduce((total, { change }) => total + change, 0);
    const main = [];
    let share = 0;
    for (const part of sorted.slice(0, 3)) {
      if (share >= 0.75) break;
      main.push(part);
      share += part.change / sum;
    }
    return { main, isMost: share > 0.5 };
  }

  function listed(parts, size) {
    const texts = parts.map(({ label, change }) => `${label} (${signed(change * size, money)})`);
    const last = texts.pop();
    return texts.length ? `${texts.join(", ")} and ${last}` : last;
  }

  // One sentence: how much dearer or cheaper b is, and which items make it so.
  function explanation(a, b, { unit, rows, totals }) {
    if (a === b) return "Choose two different options to see what sets them apart.";
    if (!totals.every(isNumber)) return "The total of one of these options is not known.";
    const difference = totals[1] - totals[0];
    const along = rows.filter(({ change }) => change * difference > 0);
    const against = rows
      .filter(({ change }) => change * difference < 0 && Math.abs(change) >= 0.1 * Math.abs(difference))
      .sort((x, y) => Math.abs(y.change) - Math.abs(x.change));
    if (difference === 0) return `${b.name} costs as much as ${a.name}.`;
    const { main, isMost } = mainParts(along);
    const percent = totals[0] > 0 ? ` (${fixed(Math.abs((100 * difference) / totals[0]), 1)} %)` : "";
    const opposite = against.length
      ? `; ${difference > 0 ? "less" : "more"} for ${listed(against.slice(0, 2), unit.size)}`
      : "";
    return (
      `${b.name} costs ${usd(Math.abs(difference) * unit.size)}${percent} ${difference > 0 ? "more" : "less"} ` +
      `than ${a.name}, ${isMost ? "mostly" : "spread over many items, first"} ${listed(main, unit.size)}${opposite}.`
    );
  }

  function changeCell(change, most) {
    const share = most ? (50 * Math.abs(change)) / most : 0;
    const side = change < 0 ? { right: "50%" } : { left: "50%" };
    return element(
      "td",
      { class: "pair-change", "aria-hidden": "true" },
      element("i", {
        class: change < 0 ? "is-less" : "is-more",
        style: { ...side, width: `${share.toFixed(1)}%` },
      }),
    );
  }

  const heads = (first, bar) =>
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, first),
        ["A", "B", "B − A"].map((name) => element("th", { scope: "col", class: "number" }, name)),
        bar ? element("th", { scope: "col", class: "change-head" }, "B saves | B adds") : null,
      ),
    );

  const numbers = (texts) => texts.map((text) => element("td", { class: "number" }, text));

  function itemTable({ unit, rows, totals }) {
    const most = Math.max(...rows.map(({ change }) => Math.abs(change)), 0);
    const known = totals.every(isNumber);
    return element(
      "table",
      { class: "pair-items" },
      heads(`Item, ${unit.name}`, true),
      element(
        "tbody",
        {},
        rows.map(({ label, values, change }) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, label),
            numbers([...values.map(whole), signed(change, whole)]),
            changeCell(change, most),
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
          numbers([...totals.map(whole), known ? signed(totals[1] - totals[0], whole) : whole(null)]),
          element("td", { "aria-hidden": "true" }),
        ),
      ),
    );
  }

  function figureTable(pair) {
    return element(
      "table",
      { class: "pair-figures" },
      heads("Figure", false),
      element(
        "tbody",
        {},
        FIGURES.filter(({ key }) => key !== "rank" && key !== "total").map(({ key, name, unit, text }) => {
          const [a, b] = pair.map((option) => option[key]);
          const change = isNumber(a) && isNumber(b) ? b - a : null;
          return element(
            "tr",
            {},
            element("th", { scope: "row" }, [name, unit].filter(Boolean).join(", ")),
            numbers([text(a), text(b), signed(change, text)]),
          );
        }),
      ),
    );
  }

  function pairView({ content }) {
    const { options } = content;
    const result = element("div", { class: "pair-result" });
    const choices = ["A", "B"].map((letter, place) =>
      element(
        "select",
        { "aria-label": `Option ${letter}`, on: { change: () => update() } },
        options.map((option, i) => element("option", { selected: i === place }, option.name)),
      ),
    );
    function update() {
      const pair = choices.map((choice) => options[choice.selectedIndex]);
      const table = costTable(pair);
      // What sets them apart comes first.
      table.rows = table.rows
        .map((row) => ({ ...row, change: (row.values[1] || 0) - (row.values[0] || 0) }))
        .sort((x, y) => Math.abs(y.change) - Math.abs(x.change));
      result.replaceChildren(
        element("p", { class: "pair-sentence", "aria-live": "polite" }, explanation(...pair, table)),
        element("div", { class: "pair-tables" }, itemTable(table), figureTable(pair)),
      );
    }
    update();
    return element(
      "div",
      {},
      element(
        "div",
        { class: "pair-choices" },
        choices.map((choice, i) => element("label", {}, element("b", {}, "AB"[i]), choice)),
      ),
      result,
    );
  }

  Object.assign(cablemap, { pairView });
})();
