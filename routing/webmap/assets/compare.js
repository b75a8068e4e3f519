// The tab that compares options: their figures in a table that sorts, their costs by item, two side by side.
"use strict";
(() => {
  const { element, isNumber, swatch, routeLook, rangeBar, FIGURES, bestText } = cablemap;

  const NAME = { key: "name", name: "Name of the option", head: "Option", unit: "" };

  // Order of options by one column; what is not known comes last both ways, equals keep their rank.
  function sortedIndices(options, { key, direction }) {
    const isKnown = (value) => (key === "name" ? true : isNumber(value));
    const compare = (a, b) => (key === "name" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
    return [...options.keys()].sort((i, j) => {
      const [a, b] = [options[i][key], options[j][key]];
      if (!isKnown(a) || !isKnown(b)) return Number(isKnown(b)) - Number(isKnown(a));
      return direction * compare(a, b);
    });
  }

  function figureCell(figure, option, index, options) {
    const text = figure.text(option[figure.key]);
    const isBest = text === bestText(figure, options);
    return element(
      "td",
      { class: `number${isBest ? " is-best" : ""}` },
      isBest ? element("span", { class: "best-mark", role: "img", "aria-label": "best" }, "★") : null,
      text,
      figure.key === "total" ? rangeBar(option, options, routeLook(index).color) : null,
    );
  }

  const figureCells = (option, index, options) =>
    FIGURES.map((figure) => figureCell(figure, option, index, options));

  // Its cells and what the pointer and the focus do; `paint` follows the store.
  function optionRow({ store, content }, index) {
    const option = content.options[index];
    const tick = element("input", {
      type: "checkbox",
      "aria-label": `Show ${option.name}`,
      on: { change: () => store.show(index, tick.checked) },
    });
    const select = element(
      "button",
      { type: "button", class: "option-button", title: option.name, on: { click: () => store.select(index) } },
      swatch(index, 26),
      element("span", { class: "clamped" }, option.name),
    );
    const row = element(
      "tr",
      { on: cablemap.pointing(store, index) },
      element("th", { scope: "row" }, element("div", { class: "option-head" }, tick, select)),
      figureCells(option, index, content.options),
    );
    const paint = () => {
      tick.checked = store.visible[index];
      row.classList.toggle("is-selected", store.option === index);
      row.classList.toggle("is-hidden", !store.visible[index]);
      select.setAttribute("aria-pressed", String(store.option === index));
    };
    store.on(paint);
    paint();
    return row;
  }

  const NO_BREAK = "\u00a0";
  const headText = ({ head, unit }, arrow) => [head, arrow, element("small", {}, unit || NO_BREAK)];

  function compareTable(context) {
    const { options } = context.content;
    const rows = options.map((option, index) => optionRow(context, index));
    const body = element("tbody", {}, rows);
    let order = { key: "rank", direction: 1 };
    const heads = [NAME, ...FIGURES].map((column) => {
      const arrow = element("i", { class: "sort-arrow", "aria-hidden": "true" });
      const button = element(
        "button",
        { type: "button", class: "sort-button", title: column.name, on: { click: () => sortBy(column.key) } },
        headText(column, arrow),
      );
      const numeric = column === NAME ? null : "number";
      return { column, arrow, cell: element("th", { scope: "col", class: numeric }, button) };
    });
    function sortBy(key) {
      order = { key, direction: order.key === key ? -order.direction : 1 };
      paint();
    }
    function paint() {
      heads.forEach(({ column, arrow, cell }) => {
        const isSorted = column.key === order.key;
        arrow.replaceChildren(isSorted ? (order.direction > 0 ? "▲" : "▼") : "");
        cell.setAttribute("aria-sort", isSorted ? (order.direction > 0 ? "ascending" : "descending") : "none");
      });
      body.append(...sortedIndices(options, order).map((index) => rows[index]));
    }
    paint();
    return element(
      "table",
      { class: "compare-table" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          heads.map(({ cell }) => cell),
        ),
      ),
      body,
    );
  }

  const BEST_NOTE = "★ best of its column, where the figure has a good end. Bar: low to high estimate, dot: base estimate.";

  // The same figures for paper, by rank and without controls.
  function paperTable({ options }) {
    return element(
      "table",
      { class: "compare-table" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          [NAME, ...FIGURES].map((column) =>
            element("th", { scope: "col", class: column === NAME ? null : "number" }, headText(column)),
          ),
        ),
      ),
      element(
        "tbody",
        {},
        options.map((option, index) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, element("div", { class: "option-head" }, swatch(index, 26), option.name)),
            figureCells(option, index, options),
          ),
        ),
      ),
    );
  }

  function addPaper(context) {
    document
      .getElementById("page")
      .append(
        element(
          "section",
          { class: "print-page", "aria-label": "Comparison of options, for print" },
          element("h2", {}, "Options compared"),
          paperTable(context.content),
          element("p", { class: "note" }, BEST_NOTE),
          element("h2", {}, "Cost by item"),
          cablemap.costMatrix(context),
        ),
      );
  }

  // One of several views at a time, each in a region of its own that scrolls.
  function switched(views) {
    const regions = views.map(([name, content]) =>
      element("div", { class: "compare-region", role: "region", tabindex: 0, "aria-label": name }, content),
    );
    const buttons = views.map(([name], i) =>
      element("button", { type: "button", class: "tab", on: { click: () => open(i) } }, name),
    );
    function open(index) {
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === index)));
      regions.forEach((region, i) => region.toggleAttribute("hidden", i !== index));
    }
    open(0);
    return [element("div", { class: "tabs", role: "group", "aria-label": "Comparison" }, buttons), regions];
  }

  function drawComparison(context) {
    const { options } = context.content;
    const views = [
      ["Figures", [compareTable(context), element("p", { class: "note" }, BEST_NOTE)]],
      ["Cost by item", cablemap.costMatrix(context)],
    ];
    if (options.length > 1) views.push(["Side by side", cablemap.pairView(context)]);
    context.addTab(
      options.length > 1 ? "Compare options" : "Figures and costs",
      element("div", { class: "compare" }, switched(views)),
    );
    addPaper(context);
  }

  Object.assign(cablemap, { drawComparison });
})();
