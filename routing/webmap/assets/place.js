// What a reader writes to name a place: a KP, a position, coordinates or a landing.
"use strict";
(() => {
  const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
  // The page prints 1,234.500; after "KP" or before "km" it is read back.
  const THOUSANDS = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
  const HINT = "Write a KP (KP 120.5), a position (#14), coordinates (40.5 N 50.2 E) or the name of a landing.";
  const wrong = (error) => ({ error });

  const SPELLINGS = [
    [/[−–—]/g, "-"],
    [/[º˚]/g, "°"],
    [/[′’‘´`]/g, "'"],
    [/[″”“]|''/g, '"'],
    [/(\d)\s*(?:degrees|deg|d)(?![a-z])/gi, "$1° "],
    [/(\d)\s*(?:minutes|min|m)(?![a-z])/gi, "$1' "],
    [/(\d)\s*(?:seconds|sec)(?![a-z])/gi, '$1" '],
    [/\b(north|south|east|west)\b/gi, (word) => word[0]],
    // Degrees and minutes of pilots: 40-35.126 N.
    [/(\d)-(?=\d)/g, "$1 "],
  ];

  function parseKp(text) {
    const marked = /^(?:kp\s*(.+?)\s*(?:km)?|(.+?)\s*km)$/i.exec(text);
    const value = marked ? marked[1] || marked[2] : text;
    if (NUMBER.test(value)) return { kind: "kp", kpKm: Number(value) };
    if (!THOUSANDS.test(value))
      return marked ? wrong(`“${text}” is no KP: write kilometres, such as KP 120.5.`) : null;
    return marked
      ? { kind: "kp", kpKm: Number(value.replaceAll(",", "")) }
      : wrong(`“${text}” can be a KP or two coordinates: write “KP ${text}”, or a space after the comma.`);
  }

  function parsePosition(text) {
    const found = /^(?:#|(?:position|pos|no)\b\.?\s*#?)\s*(\d+)$/i.exec(text);
    return found ? { kind: "position", number: Number(found[1]) } : null;
  }

  const isLetter = (token) => /^[NSEW]$/i.test(token);
  const isComma = (token) => /^[,;]$/.test(token);
  const isNumeral = (token) => /\d/.test(token);
  const indices = (tokens, test) => tokens.flatMap((token, i) => (test(token) ? [i] : []));

  // The tokens of two angles: parted at a comma, at the letters or in half; null where that is not clear.
  function parted(tokens) {
    const [commas, letters, numerals] = [isComma, isLetter, isNumeral].map((test) => indices(tokens, test));
    if (commas.length > 1 || ![0, 2].includes(letters.length)) return null;
    const afterLetter = letters[0] === 0 ? letters[1] : letters[0] + 1;
    if (!commas.length && !letters.length && numerals.length % 2) return null;
    const cut = commas.length ? commas[0] : letters.length ? afterLetter : numerals[numerals.length / 2];
    const parts = [tokens.slice(0, cut), tokens.slice(cut)].map((part) => part.filter((token) => !isComma(token)));
    const places = parts.map((part) => indices(part, isLetter));
    const isWhole = parts.every((part, i) => places[i].every((at) => at === 0 || at === part.length - 1));
    return isWhole && places[0].length === places[1].length ? parts : null;
  }

  // Degrees, minutes and seconds in this order, with or without their signs.
  function angle(part) {
    const letter = part.find(isLetter) || "";
    const values = [];
    for (const token of part.filter((each) => !isLetter(each))) {
      if (isNumeral(token)) values.push(token);
      else if ("°'\"".indexOf(token) !== values.length - 1)
        return wrong("degrees, minutes and seconds must stand in this order");
    }
    if (!values.length || values.length > 3) return wrong("an angle has one to three numbers");
    const [whole, ...parts] = values;
    const isSigned = /^[+-]/.test(whole);
    if (letter && isSigned) return wrong("a sign and a letter say the hemisphere twice");
    if (parts.some((each) => /^[+-]/.test(each))) return wrong("only degrees may have a sign");
    if (values.slice(0, -1).some((each) => each.includes(".")))
      return wrong("only the last number may have decimals");
    if (parts.some((each) => Number(each) >= 60)) return wrong("minutes and seconds must be below 60");
    const size = Math.abs(Number(whole)) + Number(parts[0] || 0) / 60 + Number(parts[1] || 0) / 3600;
    return { letter: letter.toUpperCase(), degrees: /[SW]/i.test(letter) || whole.startsWith("-") ? -size : size };
  }

  // Latitude first, unless letters say otherwise.
  function parseCoordinates(text) {
    const spelt = SPELLINGS.reduce((so, [pattern, plain]) => so.replace(pattern, plain), text);
    const pattern = /[+-]?\d+(?:\.\d+)?|[NSEW](?![a-z])|[°'",;]/gi;
    if (spelt.replace(pattern, "").trim() || !/\d/.test(spelt)) return null;
    const parts = parted(spelt.match(pattern));
    if (!parts)
      return wrong(`“${text}” is not clear: write latitude, longitude, with points for decimals: 40.5 N 50.2 E.`);
    const angles = parts.map(angle);
    const failed = angles.find(({ error }) => error);
    if (failed) return wrong(`“${text}” is no place: ${failed.error}.`);
    const [lat, lon] = /[EW]/.test(angles[0].letter) ? [angles[1], angles[0]] : angles;
    if (lat.letter && !(/[NS]/.test(lat.letter) && /[EW]/.test(lon.letter)))
      return wrong(`“${text}” is no place: it needs one of N or S and one of E or W.`);
    if (Math.abs(lat.degrees) > 90) return wrong(`Latitude ${lat.degrees} is beyond 90°; latitude is written first.`);
    if (Math.abs(lon.degrees) > 360) return wrong(`Longitude ${lon.degrees} is beyond 360°.`);
    return { kind: "coordinates", lat: lat.degrees, lon: cablemap.wrapLon(lon.degrees) };
  }

  const plain = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

  // The landing of this name, or the only one with these letters in its name.
  function parseLanding(text, names) {
    const found = indices(names, (name) => plain(name).includes(plain(text)));
    if (!found.length) return wrong(`“${text}” is not understood. ${HINT}`);
    if (found.length > 1)
      return wrong(`“${text}” can be ${found.map((i) => names[i]).join(" or ")}: write more of the name.`);
    return { kind: "landing", index: found[0] };
  }

  // One of {kind: "kp", kpKm}, {kind: "position", number}, {kind: "coordinates", lat, lon}, {kind: "landing", index}
  // and {error}; names are those of the landings.
  function parsePlace(text, names) {
    const words = text.trim().replace(/\s+/g, " ");
    if (!words) return wrong(HINT);
    const index = names.findIndex((name) => plain(name) === plain(words));
    if (index >= 0) return { kind: "landing", index };
    return parseKp(words) || parsePosition(words) || parseCoordinates(words) || parseLanding(words, names);
  }

  Object.assign(cablemap, { parsePlace });
})();
