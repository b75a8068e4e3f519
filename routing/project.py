"""The project file: TOML on disk, frozen and checked in memory.

Every key has one meaning, one unit (the end of its name) and a default where a
default can be honest; an unknown key is an error that names the nearest one.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from routing.constraints import PRESETS, Carries, LayerKind
from routing.errors import InputError
from routing.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Project", "json_schema", "read_project"]

#: A finite number written as one: neither text nor true or false stands for it.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Lon = Annotated[Number, Field(ge=-180, le=180)]
Lat = Annotated[Number, Field(ge=-90, le=90)]
#: Ids become parts of file names, joined by "_", so they hold neither that nor what a file system could misread.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]


def _plain(text: str) -> str:
    """Text that can neither drive a terminal nor forge a line of a log."""
    if not is_plain(text):
        raise ValueError("holds a control character")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, table: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
        legal = [name for name, field in cls.model_fields.items() if not field.exclude]
        unknown = [name for name in table if name not in legal] if isinstance(table, dict) else []
        if unknown:
            hint = _nearest(unknown[0], legal) or f": legal keys are {', '.join(legal)}"
            raise ValueError(f"unknown key {unknown[0]!r}{hint}")
        return table


class BathymetryTable(_Table):
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
    min_depth_m: Number = Field(default=1.0, gt=0, le=50, description="least depth of a sea cell")


class CoastTable(_Table):
    """The sea as polygons, islands as holes."""

    path: Path


class SectorsTable(_Table):
    """National sectors as polygons."""

    path: Path
    attribute: str = "country"


class LandingsTable(_Table):
    """Candidate landing points."""

    path: Path
    max_move_km: Number = Field(
        default=30.0, gt=0, le=200, description="farthest from the published place to the shore"
    )


class LayerTable(_Table):
    """A vector layer with a meaning."""

    name: Name
    path: Path
    preset: str | None = Field(default=None, description="usual kind, stand-off and reason of such features")
    kind: LayerKind
    buffer_m: Number = Field(default=0.0, ge=0, le=200_000, description="stand-off around each feature")
    buffer_field: str | None = Field(default=None, description="attribute with each feature's own stand-off, km")
    label_field: str | None = Field(default=None, description="attribute that names each feature")
    reason: Name | None = Field(default=None, description="why a cable is kept out; default: the layer's name")
    avoid_usd_per_m: Number | None = Field(default=None, gt=0, le=1e6, description="price of a metre inside")
    fade_m: Number = Field(default=0.0, ge=0, le=200_000, description="distance over which that price falls to 0")
    importance: Whole | None = Field(
        default=None, ge=1, description="order in which it is given up when nothing else is feasible"
    )
    carries: Carries | None = Field(default=None, description="what a cable or pipeline is")
    toll_usd: Number | None = Field(default=None, ge=0, description="price of a crossing; default: the catalogue's")
    min_angle_deg: Number = Field(default=45.0, ge=10, le=85, description="least angle of a crossing")
    separation_depths: Number | None = Field(default=None, ge=0, le=20, description="parallel distance in water depths")
    separation_floor_m: Number | None = Field(default=None, ge=0, le=20_000, description="least parallel distance")
    style: Literal["field", "lane", "earthquake", "fault", "pipeline", "cable", "zone"] = "zone"

    @model_validator(mode="before")
    @classmethod
    def _usual(cls, table: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
        """Put the usual figures of a preset, and the usual style of an asset, under those that are given."""
        if not isinstance(table, dict):
            return table
        preset, kind = table.get("preset"), table.get("kind")
        if isinstance(preset, str) and preset not in PRESETS:
            hint = _nearest(preset, PRESETS) or f": legal ones are {', '.join(PRESETS)}"
            raise ValueError(f"no preset {preset!r}{hint}")
        usual = PRESETS[preset] if isinstance(preset, str) else {}
        return {**usual, **({"style": kind} if kind in ("cable", "pipeline") else {}), **table}

    @model_validator(mode="after")
    def _keys_fit_the_kind(self) -> LayerTable:
        given = self.model_fields_set
        for key, kinds in _KEYS_OF_KINDS.items():
            if key in given and getattr(self, key) is not None and self.kind not in kinds:
                raise ValueError(f"{key} means nothing for kind {self.kind!r}, only for {' and '.join(kinds)}")
        if self.kind == "avoid" and self.avoid_usd_per_m is None:
            raise ValueError("avoid_usd_per_m is missing: kind 'avoid' needs a price")
        if self.fade_m and self.avoid_usd_per_m is None:
            raise ValueError("fade_m needs avoid_usd_per_m, the price that fades")
        if (self.kind, self.carries) in (("cable", "pipeline"), ("pipeline", "telecom"), ("pipeline", "power")):
            raise ValueError(f"a {self.kind} does not carry {self.carries!r}")
        return self


_ASSET_KINDS = ("cable", "pipeline")
#: Keys that only some kinds of layers have a use for.
_KEYS_OF_KINDS = {
    "importance": ("exclude",),
    "avoid_usd_per_m": ("avoid", "exclude"),
    "fade_m": ("avoid", "exclude"),
    **dict.fromkeys(("carries", "toll_usd", "min_angle_deg", "separation_depths", "separation_floor_m"), _ASSET_KINDS),
}


class PlaceTable(_Table):
    """A named place: a point of presence of the terrestrial network."""

    name: Name
    lon: Lon
    lat: Lat


class ExposureTable(_Table):
    """Classes of the catalogue that hold for the whole sea."""

    shipping: str = "medium"
    lane: str = "lane"
    fishing: str = "passive-gear"
    sediment: str = "clay-soft"


class RoutingTable(_Table):
    """How a path becomes a route."""

    alter_course_usd: Number = Field(default=5000.0, ge=0, description="price of an alter course; default, editable")
    transition_usd: Number = Field(
        default=40000.0, ge=0, description="price of a change of cable type or burial; default, editable"
    )
    gap_pct: Number = Field(
        default=0.5, gt=0, le=100, description="gap to which routes and designs are proven, where it can be reached"
    )


class OptionTable(_Table):
    """One complete answer that is wanted: links between countries."""

    id: Id
    name: Name
    links: tuple[tuple[Name, Name], ...] = Field(min_length=1)
    landings: dict[str, tuple[Name, ...]] = Field(
        default_factory=dict, description="landing ids allowed by country; a country not named allows all"
    )
    states: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="the only states whose sectors may be crossed"
    )

    @model_validator(mode="after")
    def _each_link_once(self) -> OptionTable:
        pairs = [frozenset(link) for link in self.links]
        if len(set(pairs)) < len(pairs):
            raise ValueError("links: a link stands twice")
        return self


class PublishedTable(_Table):
    """A published fact that is shown beside the results."""

    label: Name
    value: Name
    source: Name


class Project(_Table):
    """A whole project file.

    Paths are relative to the folder of the file, `origin`.
    """

    name: Id
    title: Name
    revision: Name = "A"
    date: dt.date
    area: tuple[Lon, Lat, Lon, Lat] = Field(
        description="west, south, east, north; east < west crosses the antimeridian"
    )
    crs: str = Field(default="auto", description='conformal CRS in metres, or "auto"')
    resolution_m: Number = Field(default=1000.0, ge=1, le=100_000)
    water_level_m: Number = Field(ge=-500, le=9000)
    vertical_datum: Name = Field(default="mean sea level", description="what water_level_m counts from, as shown")
    bathymetry: BathymetryTable
    coast: CoastTable | None = None
    sectors: SectorsTable | None = None
    landings: LandingsTable
    points_of_presence: dict[str, PlaceTable] = Field(default_factory=dict)
    exposure: ExposureTable = ExposureTable()
    routing: RoutingTable = RoutingTable()
    layer: tuple[LayerTable, ...] = ()
    option: tuple[OptionTable, ...] = Field(min_length=1)
    published: tuple[PublishedTable, ...] = ()
    sources: tuple[Name, ...] = ()
    catalogue: dict[str, Any] = Field(default_factory=dict)
    origin: Path = Field(default=Path(), exclude=True)

    @field_validator("area")
    @classmethod
    def _ordered(cls, area: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        west, south, east, north = area
        if not (south < north and west != east):
            raise ValueError("area is west, south, east, north")
        return area

    @model_validator(mode="after")
    def _unique(self) -> Project:
        ids = [option.id for option in self.option]
        if len(set(ids)) < len(ids):
            raise ValueError("option ids must be unique")
        names = [layer.name for layer in self.layer]
        if len(set(names)) < len(names):
            raise ValueError("layer names must be unique")
        return self

    def file(self, path: Path) -> Path:
        """A path of the project file, relative to its folder."""
        return path if path.is_absolute() else self.origin.parent / path


def read_project(path: Path) -> Project:
    """Read and check a project file; paths inside it are taken from its folder.

    Raises
    ------
    InputError
        With the file, the key, what is wrong and what to do.
    """
    if not path.is_file():
        raise InputError("no such file", remedy="give the path of a project file", file=path)
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not TOML ({error})", remedy="correct the line", file=path) from error
    try:
        return Project(**table).model_copy(update={"origin": path})
    except ValidationError as error:
        raise _explained(error, path) from error


def json_schema() -> dict[str, Any]:
    """JSON Schema of the project file."""
    schema = Project.model_json_schema()
    schema["properties"].pop("origin")
    schema["$defs"]["LayerTable"]["required"].remove("kind")  # a preset gives it
    return schema


def _explained(error: ValidationError, path: Path) -> InputError:
    details = error.errors(include_url=False)
    first = details[0]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"]) or None
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    if first["type"] == "missing":
        return InputError(f"is missing{more}", remedy="add it", file=path, key=key)
    given = "" if isinstance(first["input"], dict | list) else f", not {first['input']!r}"
    message = first["msg"].removeprefix("Value error, ") + given
    if first["type"] == "literal_error":
        message += _nearest(str(first["input"]), re.findall(r"'([^']+)'", first["ctx"]["expected"]))
    return InputError(f"{message}{more}", remedy="correct it", file=path, key=key)


def _nearest(word: str, legal: Iterable[str]) -> str:
    """A hint at the legal word that was probably meant; nothing when none is near."""
    near = difflib.get_close_matches(word, legal, n=1)
    return f": did you mean {near[0]!r}?" if near else ""
