// Geodesics on WGS84: distance and bearing between two places, and the line between them.
"use strict";
(() => {
  // Axes of WGS84 in metres (NIMA TR8350.2, 2000).
  const MAJOR = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const MINOR = MAJOR * (1 - FLATTENING);
  // International nautical mile, exact (Monaco, 1929).
  const NAUTICAL_MILE_M = 1852;
  const ROUNDS = 200;

  const radians = (degrees) => (degrees * Math.PI) / 180;
  const degrees = (angle) => (angle * 180) / Math.PI;
  const compass = (angle) => (degrees(angle) + 360) % 360;

  // Vincenty 1975, Survey Review 23(176): u² from cos²α, then A, B (eqs 3 and 4) and C (eq. 10).
  function series(cosSquared) {
    const u2 = (cosSquared * (MAJOR ** 2 - MINOR ** 2)) / MINOR ** 2;
    return {
      a: 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2))),
      b: (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2))),
      c: (FLATTENING / 16) * cosSquared * (4 + FLATTENING * (4 - 3 * cosSquared)),
    };
  }
  // Δσ, eq. 6.
  function sigmaStep(b, sin, cos, middle) {
    const inner = cos * (2 * middle ** 2 - 1) - (b / 6) * middle * (4 * sin ** 2 - 3) * (4 * middle ** 2 - 3);
    return b * sin * (middle + (b / 4) * inner);
  }
  // Difference of longitude on the ellipsoid less that on the sphere, eq. 11.
  function longitudeStep(c, sinAlpha, { sigma, sin, cos, middle }) {
    return (1 - c) * FLATTENING * sinAlpha * (sigma + c * sin * (middle + c * cos * (2 * middle ** 2 - 1)));
  }
  const reduced = (lat) => Math.atan((1 - FLATTENING) * Math.tan(radians(lat)));

  // {metres, bearing} from a to b, places as (lon, lat); null near the antipode, where the series do not settle.
  function inverse([lonA, latA], [lonB, latB]) {
    const difference = radians(((((lonB - lonA + 180) % 360) + 360) % 360) - 180);
    const [ua, ub] = [reduced(latA), reduced(latB)];
    const [sinA, cosA, sinB, cosB] = [Math.sin(ua), Math.cos(ua), Math.sin(ub), Math.cos(ub)];
    let lambda = difference;
    for (let round = 0; round < ROUNDS; round += 1) {
      const east = cosB * Math.sin(lambda);
      const north = cosA * sinB - sinA * cosB * Math.cos(lambda);
      const sin = Math.hypot(east, north);
      const cos = sinA * sinB + cosA * cosB * Math.cos(lambda);
      // The same place, or exactly its antipode.
      if (sin < 1e-15) return cos > 0 ? { metres: 0, bearing: 0 } : null;
      const sigma = Math.atan2(sin, cos);
      const sinAlpha = (cosA * cosB * Math.sin(lambda)) / sin;
      const cosSquared = 1 - sinAlpha ** 2;
      // On the equator cos²α is 0, and the middle does not matter.
      const middle = cosSquared > 1e-15 ? cos - (2 * sinA * sinB) / cosSquared : 0;
      const { a, b, c } = series(cosSquared);
      const next = difference + longitudeStep(c, sinAlpha, { sigma, sin, cos, middle });
      if (Math.abs(next) > Math.PI) return null;
      if (Math.abs(next - lambda) < 1e-12) {
        const metres = MINOR * a * (sigma - sigmaStep(b, sin, cos, middle));
        return { metres, bearing: compass(Math.atan2(east, north)) };
      }
      lambda = next;
    }
    return null;
  }

  // The place at a distance on a bearing, as (lon, lat); the longitude runs on past 180 degrees.
  function direct([lon, lat], bearing, metres) {
    const [u, alpha] = [reduced(lat), radians(bearing)];
    const [sinU, cosU] = [Math.sin(u), Math.cos(u)];
    const sinAlpha = cosU * Math.sin(alpha);
    const { a, b, c } = series(1 - sinAlpha ** 2);
    const start = Math.atan2(Math.tan(u), Math.cos(alpha));
    const first = metres / (MINOR * a);
    const arc = { sigma: first };
    for (let round = 0; round < ROUNDS; round += 1) {
      [arc.middle, arc.sin, arc.cos] = [Math.cos(2 * start + arc.sigma), Math.sin(arc.sigma), Math.cos(arc.sigma)];
      const next = first + sigmaStep(b, arc.sin, arc.cos, arc.middle);
      if (Math.abs(next - arc.sigma) < 1e-13) break;
      arc.sigma = next;
    }
    const { sin, cos } = arc;
    const south = sinU * sin - cosU * cos * Math.cos(alpha);
    const end = Math.atan2(
      sinU * cos + cosU * sin * Math.cos(alpha),
      (1 - FLATTENING) * Math.hypot(sinAlpha, south),
    );
    const lambda = Math.atan2(sin * Math.sin(alpha), cosU * cos - sinU * sin * Math.cos(alpha));
    return [lon + degrees(lambda - longitudeStep(c, sinAlpha, arc)), degrees(end)];
  }

  // Places along the geodesic from a to b, at most 25 km apart up to 10,000 km; null near the antipode.
  function geodesicLine(a, b) {
    const whole = inverse(a, b);
    if (!whole) return null;
    const count = Math.min(400, Math.max(1, Math.ceil(whole.metres / 25000)));
    const between = Array.from({ length: count - 1 }, (_, i) =>
      direct(a, whole.bearing, (whole.metres * (i + 1)) / count),
    );
    const last = count > 1 ? between[count - 2][0] : a[0];
    return [a, ...between, [b[0] + 360 * Math.round((last - b[0]) / 360), b[1]]];
  }

  Object.assign(cablemap, { NAUTICAL_MILE_M, inverse, direct, geodesicLine });
})();
