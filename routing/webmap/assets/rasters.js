// Images over the map, and the values under the pointer.
"use strict";
(() => {
  const NONE = 0;

  // Rasters that share group and name are one layer: that of the selected option is drawn.
  function byName(rasters) {
    const layers = new Map();
    for (const raster of rasters) {
      const key = JSON.stringify([raster.group, raster.name]);
      if (!layers.has(key)) layers.set(key, []);
      layers.get(key).push(raster);
    }
    return [...layers.values()];
  }

  // One layer: {name, group, shown, opacity, raster(), isOn(), setOn(), setOpacity(), reading()}.
  function makeRaster(context, rasters, order) {
    const { map, content, store } = context;
    const [south, west, north, east] = content.extent;
    const bounds = L.latLngBounds([south, west], [north, east]);
    const images = new Map();
    const readings = new Map();
    const [{ name, group, shown, opacity: initial }] = rasters;
    let [isOn, opacity, drawn] = [false, initial, null];

    const raster = () => {
      const { id } = content.options[store.option];
      return rasters.find(({ option }) => option === null || option === id) || null;
    };
    function image(one) {
      // Pixels of classes keep their edges when they are enlarged.
      const className = one.legend.classes ? "class-image" : "";
      if (!images.has(one))
        images.set(one, L.imageOverlay(one.uri, bounds, { alt: "", zIndex: order, className, opacity }));
      return images.get(one);
    }
    function draw() {
      const wanted = isOn ? raster() : null;
      if (wanted === drawn) return;
      if (drawn) map.removeLayer(image(drawn));
      if (wanted) {
        image(wanted).setOpacity(opacity).addTo(map);
        // Unpacked now, so that the first move of the pointer is told something.
        if (wanted.reading && !readings.has(wanted))
          readings.set(wanted, unpackCodes(map, wanted.reading, content.extent));
      }
      drawn = wanted;
    }
    function setOn(wanted) {
      isOn = wanted;
      draw();
    }
    function setOpacity(value) {
      opacity = value;
      if (drawn) image(drawn).setOpacity(value);
    }
    // What lies at a place, in words; null where nothing does, or while the layer is off.
    function reading(latLng) {
      if (!drawn || !drawn.reading) return null;
      const code = readings.get(drawn).at(latLng);
      if (code === null || code === NONE) return null;
      const value = drawn.legend.classes ? drawn.legend.classes[code - 1][1] : number(code, drawn);
      return `${name}: ${value}`;
    }
    if (rasters.some(({ option }) => option !== null)) {
      store.on(() => {
        draw();
        context.showLegends();
      });
    }
    if (shown) setOn(true);
    return { name, group, shown, opacity: initial, raster, isOn: () => isOn, setOn, setOpacity, reading };
  }

  // A code of a number, in the unit of its layer.
  function number(code, { reading: { low, high, isLog, steps }, unit }) {
    const share = (code - 1) / steps;
    const value = isLog ? low * (high / low) ** share : low + share * (high - low);
    return `${Number(value.toPrecision(2)).toLocaleString("en-US", { maximumSignificantDigits: 2 })} ${unit}`;
  }

  const drawRasters = (context) =>
    byName(context.content.rasters).map((rasters, order) => makeRaster(context, rasters, order + 1));

  // Inflates base64 text; gives nothing where the browser cannot.
  function inflate(text, use) {
    if (typeof DecompressionStream === "undefined") return;
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    new Response(stream).arrayBuffer().then((buffer) => use(new Uint8Array(buffer)));
  }

  // Index of the pixel at a place; null beside the map.
  function pixelIndex(map, { rows, cols }, [south, west, north, east]) {
    const corner = map.options.crs.project(L.latLng(north, west));
    const end = map.options.crs.project(L.latLng(south, east));
    return (latLng) => {
      const place = map.options.crs.project(latLng);
      const col = Math.floor((cols * (place.x - corner.x)) / (end.x - corner.x));
      const row = Math.floor((rows * (place.y - corner.y)) / (end.y - corner.y));
      return row < 0 || col < 0 || row >= rows || col >= cols ? null : row * cols + col;
    };
  }

  // Codes of a layer; until they are unpacked every code is unknown.
  function unpackCodes(map, packed, extent) {
    const readout = { at: () => null };
    const index = pixelIndex(map, packed, extent);
    inflate(packed.codes, (codes) => {
      for (let i = 1; i < codes.length; i += 1) codes[i] += codes[i - 1];
      readout.at = (latLng) => {
        const pixel = index(latLng);
        return pixel === null ? null : codes[pixel];
      };
    });
    return readout;
  }

  // Unpacks the coarse depths; until that is done every depth is unknown.
  function makeReadout(map, packed, extent) {
    const readout = { at: () => null };
    const index = pixelIndex(map, packed, extent);
    inflate(packed.depths, (planes) => {
      const count = packed.rows * packed.cols;
      const depths = new Uint16Array(count);
      let value = 0;
      for (let i = 0; i < count; i += 1) {
        value = (value + planes[i] + 256 * planes[count + i]) & 0xffff;
        depths[i] = value;
      }
      readout.at = (latLng) => {
        const pixel = index(latLng);
        return pixel === null || depths[pixel] === 0xffff ? null : depths[pixel];
      };
    });
    return readout;
  }

  Object.assign(cablemap, { drawRasters, makeReadout });
})();
