"""Where depths come from: the bathymetry of the whole sea, and surveys laid over it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from routing.errors import InputError
from routing.project.values import Lat, Lon, Name, Number, Table, Whole
from routing.seabed import vertical_reference

__all__ = ["VERTICAL", "BathymetryTable", "DepthTable", "SurveyTable"]

#: What to do about a raster that does not say what it counts from.
VERTICAL = 'add it, or say what the raster counts from by name: reference = "MSL", "EPSG:5706" or the like'


class DepthTable(Table):
    """Where depths come from and what they count from."""

    path: Path
    kind: Literal["elevation", "depth"]
    zero_m: Number = Field(
        ge=-500, le=500, description="height of the raster's zero in the datum of water_level_m: 0 above mean sea level"
    )
    band: Whole = Field(default=1, ge=1)
    variable: str | None = None
    crs: str | None = None
    nodata: Number | None = None
    reference: str | None = Field(default=None, description='vertical reference by name, such as "EPSG:5706"')
    quality: Literal[
        "s44-exclusive", "s44-special", "s44-1a", "s44-1b", "s44-2",
        "soundings", "chart", "interpolated", "predicted", "unknown",
    ] = Field(default="unknown", description="kind of source, which says how far depths may be off")  # fmt: skip
    uncertainty_band: Whole | None = Field(
        default=None, ge=0, description="band of the vertical uncertainty, m; default: that of a BAG; 0: none"
    )
    uncertainty_variable: str | None = Field(default=None, description="NetCDF variable of the vertical uncertainty, m")
    uncertainty_kind: Literal["sigma", "95"] | None = Field(
        default=None, description="one standard deviation, or 95 %; default for the band of a BAG: sigma"
    )

    @model_validator(mode="before")
    @classmethod
    def _named_reference(cls, table: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
        name = table.get("reference") if isinstance(table, dict) else None
        if not isinstance(name, str):
            return table
        try:
            meant = vertical_reference(name)
        except InputError as error:
            raise ValueError(f"{error.problem}: {error.remedy}") from None
        implied = {"kind": meant.kind, "zero_m": meant.zero_m}
        for key, value in implied.items():
            if table.get(key, value) != value:
                raise ValueError(f"{key} {table[key]!r} contradicts reference {name!r}, which means {value!r}")
        return {**implied, **table}

    @model_validator(mode="after")
    def _stated_uncertainty(self) -> DepthTable:
        if self.uncertainty_band and self.uncertainty_variable:
            raise ValueError("uncertainty_band and uncertainty_variable exclude each other")
        if self.uncertainty_band == self.band or (self.uncertainty_variable or "") == self.variable:
            raise ValueError("the uncertainty cannot be the band or variable of the depths")
        if (self.uncertainty_band or self.uncertainty_variable) and self.uncertainty_kind is None:
            raise ValueError('uncertainty_kind must say what the uncertainty means: "sigma" or "95"')
        return self


class BathymetryTable(DepthTable):
    """Depths of the whole sea."""

    min_depth_m: Number = Field(default=1.0, gt=0, le=50, description="least depth of a sea cell")
    deepest_m: Number | None = Field(default=None, gt=0, le=12_000, description="greatest depth that the sea has")
    tid_path: Path | None = Field(default=None, description="GEBCO type identifier grid of the same area")


class SurveyTable(DepthTable):
    """A survey of a part of the sea: a raster, or a folder of them."""

    name: Name
    date: dt.date = Field(description="when it was made: of two of one priority the later lies on top")
    priority: Whole = Field(default=0, ge=-1000, le=1000, description="the higher lies on top")
    area: tuple[Lon, Lat, Lon, Lat] | None = Field(
        default=None, description="west, south, east, north: the only part of it that counts"
    )
    blend_cells: Whole = Field(
        default=2, ge=0, le=50, description="cells of the routing grid over which its edge fades into what lies below"
    )
    stay_inside: bool = Field(
        default=False, strict=True, description="whether routes must stay inside it, or inside another that says so"
    )
    shore_zone_km: Number = Field(
        default=10.0, ge=0, le=500, description="radius round landings where that is waived; default, editable"
    )

    @model_validator(mode="after")
    def _ordered(self) -> SurveyTable:
        if self.area and not self.area[1] < self.area[3]:
            raise ValueError("area is west, south, east, north")
        return self

    @model_validator(mode="after")
    def _zone_fits(self) -> SurveyTable:
        if "shore_zone_km" in self.model_fields_set and not self.stay_inside:
            raise ValueError("shore_zone_km means nothing without stay_inside = true")
        return self
