"""A finished run to look at: its map in a notebook or a file of its own, its layers as tables."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from routing.errors import InputError
from routing.exchange import geopackage
from routing.webmap import write_page

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RunView"]

_MAP, _GEOPACKAGE = "map.html", "routes.gpkg"
_FRAME_HEIGHT_PX = 620


class RunView:
    """The folder of a run, as a notebook shows it.

    The last expression of a cell shows the map. The layers are GeoDataFrames (WGS 84, fields as in ``routes.gpkg``), so
    ``run.routes.explore("option")`` is a map of them; that is geopandas' own, which puts names from the data into its
    page unescaped and takes tiles and scripts from the network.
    """

    def place(self, name: str) -> Path:
        """Where a file of the run stands."""
        raise NotImplementedError

    @property
    def routes(self) -> Any:  # noqa: ANN401  (a GeoDataFrame)
        """Routes, one row a segment: option, ends, lengths in km, price in USD."""
        return self._layer("routes")

    @property
    def legs(self) -> Any:  # noqa: ANN401  (a GeoDataFrame)
        """Legs: bearing, length, slack, cable type, protection and burial."""
        return self._layer("legs")

    @property
    def positions(self) -> Any:  # noqa: ANN401  (a GeoDataFrame)
        """Positions of the position lists: event, KP in km, depth in metres."""
        return self._layer("positions")

    @property
    def landings(self) -> Any:  # noqa: ANN401  (a GeoDataFrame)
        """Candidate landings at their beach manholes, used or not."""
        return self._layer("landings")

    def copy_map(self, path: Path) -> None:
        """Write the map to a file of its own; it appears whole, in a folder that is made when it is not there.

        Parameters
        ----------
        path
            Where to write; an older file is replaced. Where the run has no answer there is no map, and nothing happens.
        """
        page = self.place(_MAP)
        if page.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_page(page.read_text(encoding="utf-8"), path, allow_large=True)  # it is there in this size already

    def _layer(self, name: str) -> Any:  # noqa: ANN401  (a GeoDataFrame)
        path = self.place(_GEOPACKAGE)
        if not path.is_file():
            raise InputError("is not there", remedy="run the project; a run without an answer has no routes", file=path)
        return geopackage.read_geopackage(path)[name]

    def _repr_html_(self) -> str | None:
        """The map in a frame that may run its scripts and nothing else; None where the run has no map."""
        path = self.place(_MAP)
        if not path.is_file():
            return None
        page = html.escape(path.read_text(encoding="utf-8"), quote=True)
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Map of the run" '
            f'width="100%" height="{_FRAME_HEIGHT_PX}" style="border:0"></iframe>'
        )
