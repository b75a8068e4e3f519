// Landing points of the options shown, by country.
"use strict";
(() => {
  const { element, regionName } = cablemap;

  // The code stands beside the name, as position lists and tables use it.
  function countryName(country) {
    const name = regionName(country);
    return name === country ? country || "No country given" : `${name} (${country})`;
  }

  // For each landing the options that end there: a link's end belongs to the nearest used landing or branching unit.
  function optionsByLanding({ map, content }) {
    const used = content.landings.filter((landing) => landing.used);
    const byLanding = new Map(used.map((landing) => [landing, new Set()]));
    if (!used.length) return byLanding;
    content.options.forEach((option, i) => {
      for (const { latLngs } of option.links) {
        for (const end of [latLngs[0], latLngs[latLngs.length - 1]]) {
          const away = (landing) => map.distance([landing.lat, landing.lon], end);
          byLanding.get(used.reduce((a, b) => (away(b) < away(a) ? b : a))).add(i);
        }
      }
    });
    return byLanding;
  }

  function landingButton(context, landing) {
    const show = () => {
      context.revealMap();
      context.map.panTo([landing.lat, landing.lon], { animate: false });
      landing.marker.openPopup();
    };
    return element("button", { type: "button", class: "landing-button", on: { click: show } }, landing.name);
  }

  function landingsPart(context) {
    const { store } = context;
    const byLanding = optionsByLanding(context);
    const list = element("dl", { class: "countries" });
    let drawn = null;
    function update() {
      const shown = [...byLanding.keys()].filter(
        (landing) => !landing.isJunction && [...byLanding.get(landing)].some((i) => store.visible[i]),
      );
      // The same landings again: keep the buttons, one may have the focus.
      if (drawn && drawn.length === shown.length && drawn.every((landing, i) => landing === shown[i])) return;
      drawn = shown;
      const countries = [...new Set(shown.map(({ country }) => country))];
      list.replaceChildren(
        ...countries.map((country) =>
          element(
            "div",
            {},
            element("dt", {}, countryName(country)),
            element(
              "dd",
              {},
              shown
                .filter((landing) => landing.country === country)
                .map((landing) => landingButton(context, landing)),
            ),
          ),
        ),
      );
    }
    store.on(update);
    update();
    return byLanding.size ? list : null;
  }

  Object.assign(cablemap, { landingsPart });
})();
