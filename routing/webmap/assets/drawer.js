// The drawer under the map: which link it is about, and one view at a time.
"use strict";
(() => {
  const { element } = cablemap;

  // The drawer is low, so that the map is large; tables and strips want more.
  function makeEnlarge(context) {
    const page = document.getElementById("page");
    const enlarge = element("button", { type: "button", class: "enlarge", on: { click: flip } });
    const isHigh = () => page.classList.contains("has-high-drawer");
    function setHigh(high) {
      page.classList.toggle("has-high-drawer", high);
      enlarge.setAttribute("aria-pressed", String(high));
      enlarge.setAttribute("aria-label", high ? "Make the lower part smaller" : "Make the lower part larger");
      enlarge.replaceChildren(high ? "▾" : "▴");
      context.map.invalidateSize({ animate: false });
    }
    // Who saw the whole routes sees them still; who looks at a place keeps it.
    function flip() {
      const wasWhole = context.map.getBounds().contains(cablemap.routeBounds(context));
      setHigh(!isHigh());
      if (wasWhole) cablemap.fitRoutes(context);
    }
    setHigh(false);
    return enlarge;
  }

  function linkChoice(option, store) {
    if (option.links.length < 2) return element("span", { class: "link-name" }, option.links[0].name);
    const choice = element(
      "select",
      { "aria-label": "Link", on: { change: () => store.select(store.option, choice.selectedIndex) } },
      option.links.map((link, i) => element("option", { selected: i === store.link }, link.name)),
    );
    return choice;
  }

  // Gives the context: addTab(name, view, whenDrawn), drawerSize(), drawerHeader, redrawDrawer(), openTab(name).
  // whenDrawn(true) is called when the view opens, whenDrawn(false) when its size changes.
  function makeDrawer(context, drawer) {
    const { content, store } = context;
    const subject = element("div", { class: "drawer-subject" });
    const heading = element("div", { class: "drawer-heading" }, subject);
    const buttons = element("div", { class: "tabs", role: "group", "aria-label": "View" });
    const header = element("header", { class: "drawer-header" }, heading);
    const stage = element("div", { class: "drawer-stage" });
    const tabs = [];
    let opened = 0;

    function open(index) {
      opened = index;
      tabs.forEach(({ button, view }, i) => {
        button.setAttribute("aria-pressed", String(i === index));
        view.toggleAttribute("hidden", i !== index);
      });
      redraw(true);
    }
    function redraw(isOpening) {
      if (tabs[opened]) tabs[opened].whenDrawn(isOpening);
    }
    context.drawerHeader = header;
    context.drawerSize = () => stage.getBoundingClientRect();
    context.addTab = (name, view, whenDrawn = () => {}) => {
      const index = tabs.length;
      const button = element("button", { type: "button", class: "tab", on: { click: () => open(index) } }, name);
      tabs.push({ name, button, view, whenDrawn });
      buttons.append(button);
      stage.append(view);
      open(0);
    };
    context.openTab = (name) => open(tabs.findIndex((tab) => tab.name === name));
    // For printing: the view must fit the sheet before the browser lays it out.
    context.redrawDrawer = () => redraw(false);

    let shown = null;
    function update() {
      const link = content.options[store.option].links[store.link];
      if (link === shown) return;
      shown = link;
      const option = content.options[store.option];
      subject.replaceChildren(cablemap.swatch(store.option, 30), element("b", {}, option.name), linkChoice(option, store));
    }
    store.on(update);
    update();
    header.append(element("div", { class: "drawer-buttons" }, buttons, makeEnlarge(context)));
    drawer.append(header, stage);
    new ResizeObserver(() => redraw(false)).observe(stage);
  }

  Object.assign(cablemap, { makeDrawer });
})();
