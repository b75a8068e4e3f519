"""One look for all pictures: colours that colour-blind readers can tell apart, labels at the lines, stable bytes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "FRONT", "INK", "LAND", "NAMES", "label", "save", "style"]

IMAGES = Path(__file__).parents[1] / "docs/images"
# Okabe and Ito's palette.
COLOURS = {"ours": "#0072B2", "eikonalfm": "#E69F00", "skimage": "#D55E00"}
NAMES = {"ours": "cableroute", "eikonalfm": "fast marching", "skimage": "8 neighbours"}
INK, FRONT, LAND = "#333333", "#009E73", "#D9D4C7"


def style() -> None:
    """Set fonts and lines for this process."""
    mpl.use("Agg")
    mpl.rcParams.update(
        {
            "axes.edgecolor": INK,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 10,
            "figure.dpi": 100,
            "font.size": 9,
            "lines.linewidth": 1.8,
            "svg.hashsalt": "cableroute",
            "text.color": INK,
        }
    )


def label(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Name lines at their ends (x, y, name, colour), one below the other beside the last on a logarithmic axis."""
    low, high = axes.get_ylim()
    apart = (high / low) ** 0.055
    floor, last = 0.0, max(end[0] for end in ends)
    for _, y, name, colour in sorted(ends, key=lambda end: end[1]):
        floor = max(y, floor * apart)
        beside = axes.annotate(name, (last, floor), (6, 0), textcoords="offset points", va="center")
        beside.set(color=colour, fontsize=8, fontweight="bold")


def save(figure: Figure, name: str) -> None:
    """Write a picture of the documents; the same figure gives the same bytes."""
    if name.endswith(".svg"):
        figure.savefig(IMAGES / name, bbox_inches="tight", metadata={"Date": None})
        return
    drawn = BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")
    # A palette needs an eighth of the bytes; this way of choosing it keeps the rare colours of thin lines.
    few = Image.open(drawn).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(IMAGES / name, optimize=True)
