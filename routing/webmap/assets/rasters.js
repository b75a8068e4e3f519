// Images over the map with their legends, and the depth under the cursor.
"use strict";
(() => {
  const { element } = cablemap;

  // One layer an image, the bathymetry first.
  function drawRasters(content) {
    const [south, west, north, east] = content.extent;
    const bounds = L.latLngBounds([south, west], [north, east]);
    return content.rasters.map((raster) => ({
      raster,
      layer: L.imageOverlay(raster.uri, bounds, { opacity: raster.opacity, alt: "" }),
    }));
  }

  function legend(title, unit, { stops, ticks }) {
    const bar = element("div", {
      class: "legend-bar",
      style: { background: `linear-gradient(to right, ${stops.join(", ")})` },
    });
    const marks = ticks.map(([place, text]) =>
      element("span", { class: "legend-tick", style: { left: `${100 * place}%` } }, text),
    );
    return element(
      "figure",
      { class: "legend" },
      element("figcaption", {}, element("b", {}, title), " ", unit),
      bar,
      element("div", { class: "legend-ticks" }, marks),
    );
  }

  // Unpacks the coarse depths; until that is done every depth is unknown.
  function makeReadout(map, packed, [south, west, north, east]) {
    const readout = { at: () => null };
    const corner = map.options.crs.project(L.latLng(north, west));
    const end = map.options.crs.project(L.latLng(south, east));
    const bytes = Uint8Array.from(atob(packed.depths), (character) => character.charCodeAt(0));
    if (typeof DecompressionStream === "undefined") return readout;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    new Response(stream).arrayBuffer().then((buffer) => {
      const planes = new Uint8Array(buffer);
      const count = packed.rows * packed.cols;
      const depths = new Uint16Array(count);
      let value = 0;
      for (let i = 0; i < count; i += 1) {
        value = (value + planes[i] + 256 * planes[count + i]) & 0xffff;
        depths[i] = value;
      }
      readout.at = (latLng) => {
        const place = map.options.crs.project(latLng);
        const col = Math.floor((packed.cols * (place.x - corner.x)) / (end.x - corner.x));
        const row = Math.floor((packed.rows * (place.y - corner.y)) / (end.y - corner.y));
        if (row < 0 || col < 0 || row >= packed.rows || col >= packed.cols) return null;
        const depth = depths[row * packed.cols + col];
        return depth === 0xffff ? null : depth;
      };
    });
    return readout;
  }

  Object.assign(cablemap, { drawRasters, legend, makeReadout });
})();
