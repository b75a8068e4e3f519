"""The tornado chart: which figures move a total most, as an SVG that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import svg

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
    >>> chart = tornado_svg("Cable", {"total_usd": 10e6, "method": "One at a time.", "parameters": [bar]})
    >>> chart.startswith("<svg"), "ploughing" in chart, "plough" in chart
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
        svg.rect((0, 0), (_WIDTH, height), fill="#ffffff"),
        svg.text(24, 34, f"What moves the total: {title}", font_size=19, font_weight="bold"),
        svg.text(24, 57, f"USD {scale.base_usd / 1e6:.1f} million at base", fill=_FAINT),
        *_legend(),
        *scale.lines(bottom),
        *(line for number, bar in enumerate(shown) for line in _bar(bar, scale, _TOP + _ROW * number)),
        *(svg.text(24, bottom + 52 + 17 * row, note, fill=_FAINT, font_size=12) for row, note in enumerate(notes)),
    ]
    style = {"font_family": "Helvetica, Arial, sans-serif", "fill": _INK}
    return svg.document(parts, size=(_WIDTH, height), title=f"{title}: what moves the total", **style)


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
        for usd in svg.ticks(self._least, self._most):
            x = round(self.x(usd), 1)
            yield svg.line((x, _TOP - 6), (x, bottom), stroke="#e3e8eb")
            yield svg.text(x, bottom + 18, f"{usd / 1e6:g}", text_anchor="middle", fill=_FAINT, font_size=12)
        yield svg.text(_LEFT - 12, bottom + 18, "total, million USD", text_anchor="end", fill=_FAINT, font_size=12)
        x = round(self.x(self.base_usd), 1)
        yield svg.line((x, _TOP - 6), (x, bottom), stroke=_INK, stroke_width=1.2)


def _bar(bar: Mapping[str, Any], scale: _Scale, top: float) -> Iterator[str]:
    """One figure: its name and unit, a bar to each side, its values at their ends, a mark where landings change."""
    middle = top + 0.5 * _ROW
    yield svg.text(_LEFT - 12, middle - 1, _label(bar["name"]), text_anchor="end")
    yield svg.text(_LEFT - 12, middle + 11, bar["unit"], text_anchor="end", fill=_FAINT, font_size=10)
    base_x = scale.x(scale.base_usd)
    ends = {key: scale.x(bar[f"{key}_usd"]) for key in ("low", "high")}
    opacity = 0.55 if (ends["low"] - base_x) * (ends["high"] - base_x) > 0 else 0.9
    for key, color in (("low", _LOW), ("high", _HIGH)):
        corner = round(min(ends[key], base_x), 1), middle - _BAR / 2
        size = round(abs(ends[key] - base_x), 1), _BAR
        yield svg.rect(corner, size, fill=color, fill_opacity=opacity)
        switch = bar[f"switch_{key}"]
        label = f"◆ {_number(switch['value'])} to {_number(bar[key])}" if switch else _number(bar[key])
        x, anchor = _label_place(key, ends, base_x)
        ink = _MARK if switch else color
        yield svg.text(round(x, 1), middle + 4, label, text_anchor=anchor, fill=ink, font_size=12)


def _label_place(key: str, ends: Mapping[str, float], base_x: float) -> tuple[float, str]:
    """Where the label of an end stands and which way it reads: never on a bar.

    Of two bars on one side of the base line the shorter ends inside the longer,
    so its label stands on the other side of the line.
    """
    x, other = ends[key], ends["high" if key == "low" else "low"]
    inner = abs(x - base_x) < abs(other - base_x) or (x == other and key == "low")
    if inner and (x - base_x) * (other - base_x) >= 0:
        x, before = base_x, other >= base_x
    else:
        before = x < base_x
    return (x - 6, "end") if before else (x + 6, "start")


def _legend() -> Iterator[str]:
    for x, color, text in ((_LEFT, _LOW, "figure at its low value"), (_LEFT + 180, _HIGH, "at its high value")):
        yield svg.rect((x, 47), (12, 12), fill=color)
        yield svg.text(x + 18, 57, text, font_size=12)
    yield svg.text(_LEFT + 330, 57, "◆ values at which other landings are chosen", fill=_MARK, font_size=12)


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
