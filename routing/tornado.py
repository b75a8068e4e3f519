"""The tornado chart: which figures move a total most, as an SVG that needs nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["tornado_svg"]

#: Figures that are drawn; the rest is summed up in one line, but none that changes the landings is left out.
_DRAWN = 15
_WIDTH, _ROW, _TOP, _BAR = 1040, 30, 92, 17
_LEFT, _RIGHT = 330, 990
_LOW, _HIGH, _INK, _FAINT, _MARK = "#2f6f9f", "#c8692f", "#1d2a33", "#6b7780", "#7a3e9d"


def tornado_svg(title: str, sensitivity: Mapping[str, Any]) -> str:
    """Draw a sensitivity as it stands in ``summary.json``.

    Parameters
    ----------
    title
        What the total is of.
    sensitivity
        ``total_usd``, ``method`` and ``parameters``, the largest swing first.

    Examples
    --------
    >>> bar = {"name": "rate.plough", "unit": "USD/km", "low": 7e3, "base": 1.1e4, "high": 2.2e4, "low_usd": 9e6}
    >>> bar |= {"high_usd": 12e6, "swing_usd": 3e6, "switch_low": None, "switch_high": None}
    >>> svg = tornado_svg("Cable", {"total_usd": 10e6, "method": "One at a time.", "parameters": [bar]})
    >>> svg.startswith("<svg"), "ploughing" in svg, "plough" in svg
    (True, False, True)
    """
    bars = list(sensitivity["parameters"])
    switching = [bar for bar in bars[_DRAWN:] if _switches(bar)]
    shown, hidden = [*bars[:_DRAWN], *switching], [bar for bar in bars[_DRAWN:] if not _switches(bar)]
    notes = [_note(hidden), *_wrapped(sensitivity["method"])]
    bottom = _TOP + _ROW * len(shown)
    height = bottom + 52 + 17 * len(notes)
    scale = _Scale(sensitivity["total_usd"], shown)
    parts = [
        _opening(height),
        f"<title>{escape(title)}: what moves the total</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(24, 34, f"What moves the total: {title}", size=19, weight="bold"),
        _text(24, 57, f"USD {scale.base_usd / 1e6:.1f} million at base", color=_FAINT),
        *_legend(),
        *scale.lines(bottom),
        *(line for number, bar in enumerate(shown) for line in _bar(bar, scale, _TOP + _ROW * number)),
        *(_text(24, bottom + 52 + 17 * number, note, color=_FAINT, size=12) for number, note in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _opening(height: float) -> str:
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    font = f'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="{_INK}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} role="img">'


class _Scale:
    """From US dollars to pixels, wide enough for every bar and the labels at its ends."""

    def __init__(self, base_usd: float, bars: Sequence[Mapping[str, Any]]) -> None:
        ends = [base_usd, *(bar[key] for bar in bars for key in ("low_usd", "high_usd"))]
        least, most = min(ends), max(ends)
        room = 0.16 * max(most - least, 1.0)
        self.base_usd, self._least, self._most = base_usd, least - room, most + room

    def x(self, usd: float) -> float:
        """Where a total stands."""
        return float(_LEFT + (_RIGHT - _LEFT) * (usd - self._least) / (self._most - self._least))

    def lines(self, bottom: float) -> Iterator[str]:
        """Grid lines at round millions, the base line, and their numbers."""
        step = 10.0 ** math.floor(math.log10((self._most - self._least) / 4.0))
        step *= next(factor for factor in (1, 2, 5, 10) if (self._most - self._least) / (factor * step) <= 8)
        usd = math.ceil(self._least / step) * step
        while usd <= self._most:
            x = f"{self.x(usd):.1f}"
            yield f'<line x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{bottom}" stroke="#e3e8eb"/>'
            yield _text(self.x(usd), bottom + 18, f"{usd / 1e6:g}", anchor="middle", color=_FAINT, size=12)
            usd += step
        yield _text(_LEFT - 12, bottom + 18, "total, million USD", anchor="end", color=_FAINT, size=12)
        x = f"{self.x(self.base_usd):.1f}"
        yield f'<line x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{bottom}" stroke="{_INK}" stroke-width="1.2"/>'


def _bar(bar: Mapping[str, Any], scale: _Scale, top: float) -> Iterator[str]:
    """One figure: its name and unit, a bar to each side, its values at their ends, a mark where landings change."""
    middle = top + 0.5 * _ROW
    yield _text(_LEFT - 12, middle - 1, _label(bar["name"]), anchor="end")
    yield _text(_LEFT - 12, middle + 11, bar["unit"], anchor="end", color=_FAINT, size=10)
    base_x = scale.x(scale.base_usd)
    for key, color in (("low", _LOW), ("high", _HIGH)):
        x = scale.x(bar[f"{key}_usd"])
        other = scale.x(bar[f"{'high' if key == 'low' else 'low'}_usd"])
        left, width = min(x, base_x), abs(x - base_x)
        yield (
            f'<rect x="{left:.1f}" y="{middle - _BAR / 2:.1f}" width="{width:.1f}" height="{_BAR}" fill="{color}" '
            f'fill-opacity="{0.9 if (x - base_x) * (other - base_x) <= 0 else 0.55}"/>'
        )
        before = x < base_x or (x == base_x and other > base_x)
        switch = bar[f"switch_{key}"]
        label = f"◆ {_number(switch['value'])} to {_number(bar[key])}" if switch else _number(bar[key])
        x += -6 if before else 6
        yield _text(
            x, middle + 4, label, anchor="end" if before else "start", color=_MARK if switch else color, size=12
        )


def _legend() -> Iterator[str]:
    for x, color, text in ((_LEFT, _LOW, "figure at its low value"), (_LEFT + 180, _HIGH, "at its high value")):
        yield f'<rect x="{x}" y="47" width="12" height="12" fill="{color}"/>'
        yield _text(x + 18, 57, text, size=12)
    yield _text(_LEFT + 330, 57, "◆ values at which other landings are chosen", color=_MARK, size=12)


def _note(hidden: Sequence[Mapping[str, Any]]) -> str:
    if not hidden:
        return "No other figure moves the total."
    return (
        f"{len(hidden)} more figures move the total by less than USD {hidden[0]['swing_usd'] / 1e6:.2f} million each."
    )


def _wrapped(text: str, width: int = 150) -> Iterator[str]:
    line = ""
    for word in text.split():
        if len(line) + len(word) >= width:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


def _switches(bar: Mapping[str, Any]) -> bool:
    return bool(bar["switch_low"] or bar["switch_high"])


def _label(name: str) -> str:
    """A figure's name as a reader says it."""
    kind, _, rest = name.partition(".")
    code, _, field = rest.rpartition(".")
    words = {
        "rate": rest,
        "depth_class": f"{field} from {code} m of water",
        "cable": f"{code} cable, {field}",
        "burial": f"{code}, {field}",
        "sediment": f"{code}, {field}",
    }
    return words.get(kind, f"{kind}: {rest}").replace("-", " ").replace("_", ".")


def _number(value: float) -> str:
    """A number short enough for a label."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _text(x: float, y: float, text: str, **style: Any) -> str:  # noqa: ANN401
    names = {"anchor": "text-anchor", "size": "font-size", "weight": "font-weight", "color": "fill"}
    drawn = "".join(f' {names[key]}="{value}"' for key, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{drawn}>{escape(text)}</text>'
