// The side panel: what is recommended, what it costs, what else there is, and where it all comes from.
"use strict";
(() => {
  const { element, fixed, scaled, usd, money, moneyRange, km, depth, faults, isNumber, swatch, routeLook, rangeBar } =
    cablemap;

  const section = (name, title, ...children) =>
    element("section", { class: `block ${name}` }, element("h2", {}, title), children);

  function figure(label, number, unit, note) {
    return element(
      "div",
      { class: "figure" },
      element("span", { class: "figure-label" }, label),
      element("span", { class: "figure-value" }, number, unit ? element("small", {}, ` ${unit}`) : null),
      element("span", { class: "figure-note" }, note),
    );
  }

  const NO_BREAK = "\u00a0";
  function keyFigures(option) {
    const total = scaled(option.total);
    const risk = scaled(option.riskPv);
    return [
      figure("Total cost", total.number, `${total.unit} USD`.trim(), `${moneyRange(option.low, option.high)} range`),
      figure(
        "Route length",
        fixed(option.lengthKm, option.lengthKm < 100 ? 1 : 0),
        "km",
        `cable ${km(option.cableKm)}`.replace(/ /g, NO_BREAK),
      ),
      figure("Expected repairs", risk.number, `${risk.unit} USD`.trim(), `${faults(option.faults)} faults a year`),
    ];
  }

  function difference(option, best) {
    if (option === best || !isNumber(option.total) || !best.total) return null;
    const percent = 100 * (option.total / best.total - 1);
    return element("span", { class: "difference" }, `${percent < 0 ? "−" : "+"}${fixed(Math.abs(percent), 1)} %`);
  }

  function optionCard(context, option, index) {
    const { store, content } = context;
    const best = content.options[0];
    const facts = [
      km(option.lengthKm),
      `max ${depth(option.maxDepth)}`,
      isNumber(option.faults) ? `${faults(option.faults)} faults/yr` : null,
    ];
    const select = element(
      "button",
      { type: "button", class: "card-button", "aria-pressed": "false", on: { click: () => store.select(index) } },
      element(
        "span",
        { class: "card-top" },
        element("span", { class: "card-name" }, option.name),
        element("span", { class: "card-total" }, usd(option.total)),
      ),
      element("span", { class: "card-facts" }, facts.filter(Boolean).join(" · ")),
      element(
        "span",
        { class: "card-range" },
        rangeBar(option, content.options, routeLook(index).color),
        index === 0 ? element("span", { class: "badge" }, "Recommended") : difference(option, best),
      ),
    );
    const tick = element("input", {
      type: "checkbox",
      checked: true,
      "aria-label": `Show ${option.name} on the map`,
      on: { change: () => store.show(index, tick.checked) },
    });
    const card = element(
      "li",
      { class: "card", style: { "--route": routeLook(index).color }, on: cablemap.pointing(store, index) },
      element("label", { class: "card-tick" }, tick, swatch(index, 26)),
      select,
    );
    store.on(() => {
      tick.checked = store.visible[index];
      paint();
    });
    function paint() {
      card.classList.toggle("is-selected", store.option === index);
      card.classList.toggle("is-hidden", !store.visible[index]);
      select.setAttribute("aria-pressed", String(store.option === index));
    }
    paint();
    return card;
  }

  function costBars(option, index) {
    const known = option.items.filter(([, value]) => isNumber(value));
    const most = Math.max(...known.map(([, value]) => value), 1);
    const rows = [...known]
      .sort((a, b) => b[1] - a[1])
      .map(([label, value]) =>
        element(
          "li",
          { class: "bar-row" },
          element("span", { class: "bar-label" }, label),
          element(
            "span",
            { class: "bar-value" },
            money(value),
            element("small", {}, option.total > 0 ? ` ${fixed((100 * value) / option.total, 0)} %` : ""),
          ),
          element(
            "span",
            { class: "bar-track", "aria-hidden": "true" },
            element("i", {
              style: { width: `${Math.max(0, (100 * value) / most).toFixed(1)}%`, background: routeLook(index).color },
            }),
          ),
        ),
      );
    return element("ul", { class: "bars" }, rows);
  }

  function costSplit(option, index) {
    const whole = option.fixed + option.routeDependent;
    const share = whole > 0 ? (100 * option.routeDependent) / whole : 0;
    return element(
      "div",
      { class: "split" },
      element(
        "div",
        { class: "split-bar", "aria-hidden": "true" },
        element("i", { style: { width: `${share.toFixed(1)}%`, background: routeLook(index).color } }),
      ),
      element(
        "p",
        {},
        element("span", {}, element("b", {}, usd(option.routeDependent)), " decided by the route"),
        element("span", {}, element("b", {}, usd(option.fixed)), " fixed"),
      ),
    );
  }

  function proof(option) {
    const gap = isNumber(option.gap)
      ? `Proven within ${option.gap < 0.01 ? "0.01" : fixed(option.gap, option.gap < 1 ? 2 : 1)} % of the best possible route cost.`
      : "No bound proven.";
    return element("p", { class: "proof" }, gap, " ", element("span", {}, option.solver));
  }

  function selectedPart(context) {
    const head = element("div", { class: "selected-head" });
    const figures = element("div", { class: "figures" });
    const cost = element("div", {});
    let shown = null;
    function update() {
      const { option: index } = context.store;
      if (index === shown) return;
      shown = index;
      const option = context.content.options[index];
      head.replaceChildren(swatch(index, 30), element("b", {}, option.name));
      figures.replaceChildren(...keyFigures(option));
      cost.replaceChildren(costSplit(option, index), costBars(option, index), proof(option));
    }
    context.store.on(update);
    update();
    const summary = [
      element("section", { class: "selected", "aria-live": "polite" }, head, figures),
      cablemap.findingsPart(context),
    ];
    return { summary, cost };
  }

  function factList(pairs) {
    return element(
      "dl",
      { class: "comparison" },
      pairs.map(([label, value]) => element("div", {}, element("dt", {}, label), element("dd", {}, value))),
    );
  }

  function drawPanel(context, panel) {
    const { content } = context;
    // While the panel is closed, the message stands above the map.
    panel.after(element("header", { id: "banner" }, element("h1", {}, content.title), content.headline));
    const selected = selectedPart(context);
    const heading = element(
      "header",
      { class: "masthead" },
      element("h1", {}, content.title),
      element("p", { class: "subtitle" }, content.subtitle),
    );
    const single = content.options.length === 1;
    const landings = cablemap.landingsPart(context);
    panel.append(
      heading,
      element("p", { class: "headline" }, content.headline),
      ...selected.summary,
      section(
        "options",
        single ? "Option" : `${content.options.length} options`,
        element(
          "ul",
          { class: "cards" },
          content.options.map((option, index) => optionCard(context, option, index)),
        ),
        element(
          "p",
          { class: "note" },
          "Bars: low to high estimate, dot: base estimate. Click an option for its cost and profile.",
        ),
      ),
      landings ? section("landings", "Landing points", landings) : "",
      section("money", "Where the money goes", selected.cost),
      content.comparison.length ? section("published", "Beside published facts", factList(content.comparison)) : "",
      section("switches", "Map layers", cablemap.layerSwitches(context)),
      element(
        "footer",
        { class: "sources" },
        element("h2", {}, "Sources and provenance"),
        element(
          "ul",
          {},
          content.sources.map((line) => element("li", {}, line)),
        ),
        element("p", {}, content.footer),
      ),
    );
  }

  Object.assign(cablemap, { drawPanel });
})();
