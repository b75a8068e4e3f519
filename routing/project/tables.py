"""The project file: TOML on disk, frozen and checked in memory.

Every key has one meaning, one unit (the end of its name) and a default where a
default can be honest; an unknown key is an error that names the nearest one.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from routing.constraints import PRESETS, Carries, LayerKind
from routing.errors import InputError
from routing.localfile import refuse_outside, refuse_remote
from routing.project.depths import VERTICAL, BathymetryTable, DepthTable, SurveyTable
from routing.project.options import ExistingTable, OptionTable
from routing.project.values import Id, Lat, Lon, Name, Number, Table, Whole, nearest

__all__ = ["LayerTable", "Project", "checked_project", "json_schema", "read_project"]


class CoastTable(Table):
    """The sea as polygons, islands as holes."""

    path: Path


class SectorsTable(Table):
    """National sectors as polygons."""

    path: Path
    attribute: str = "country"


class LandingsTable(Table):
    """Candidate landing points."""

    path: Path
    max_move_km: Number = Field(
        default=30.0, gt=0, le=200, description="farthest from the published place to the shore"
    )


class LayerTable(Table):
    """A vector layer with a meaning."""

    name: Name
    path: Path
    preset: str | None = Field(default=None, description="usual kind, stand-off and reason of such features")
    kind: LayerKind
    buffer_m: Number = Field(default=0.0, ge=0, le=200_000, description="stand-off around each feature")
    buffer_field: str | None = Field(default=None, description="attribute with each feature's own stand-off, km")
    label_field: str | None = Field(default=None, description="attribute that names each feature")
    owner_field: str | None = Field(default=None, description="attribute that says whose each cable or pipeline is")
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
            hint = nearest(preset, PRESETS) or f": legal ones are {', '.join(PRESETS)}"
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
    **dict.fromkeys(
        ("carries", "owner_field", "toll_usd", "min_angle_deg", "separation_depths", "separation_floor_m"), _ASSET_KINDS
    ),
}


class AgreedCrossingTable(Table):
    """A place where a cable or pipeline is crossed by agreement with its owner."""

    asset: Name = Field(description="what is crossed, by the label of its feature")
    lon: Lon
    lat: Lat
    within_m: Number = Field(
        default=250.0, gt=0, le=20_000, description="how far from it a crossing may be; default, editable"
    )


class PlaceTable(Table):
    """A named place: a point of presence of the terrestrial network."""

    name: Name
    lon: Lon
    lat: Lat


class ExposureTable(Table):
    """Classes of the catalogue that hold for the whole sea."""

    shipping: str = "medium"
    lane: str = "lane"
    fishing: str = "passive-gear"
    sediment: str = "clay-soft"


class EndOfLifeTable(Table):
    """The water at the end of the design life, in the datum of water_level_m."""

    year: Whole = Field(ge=1900, le=2300)
    low_m: Number = Field(ge=-500, le=9000, description="lowest water that must be feared")
    base_m: Number = Field(ge=-500, le=9000, description="expected water")
    high_m: Number = Field(ge=-500, le=9000, description="highest water")
    least_depth_m: Number = Field(default=0.0, ge=0, le=50, description="water shallower than this is dry to a landing")


class SubstrateTable(Table):
    """What the sea floor is made of."""

    path: Path | None = Field(default=None, description="polygons or a raster of substrate classes")
    attribute: str | None = Field(default=None, description="attribute that names the class of a polygon")
    classes: dict[str, str] = Field(default_factory=dict, description="class of each code of a raster")
    band: Whole = Field(default=1, ge=1)
    crs: str | None = None
    nodata: Number | None = None
    rules: Literal["caspian"] | None = Field(default=None, description="rule model where no map says better")

    @model_validator(mode="after")
    def _one_way_to_read(self) -> SubstrateTable:
        if self.path and (self.attribute is None) == (not self.classes):
            raise ValueError("path needs attribute (for polygons) or classes (for a raster), one of them")
        if any(not code.lstrip("-").isdecimal() for code in self.classes):
            raise ValueError("classes: codes are whole numbers in quotes")
        return self


class _Hazard(Table):
    enabled: bool = Field(default=True, strict=True)
    weight: Number = Field(default=1.0, ge=0, le=1000, description="factor on the rates of this hazard")


class IceTable(_Hazard):
    """Ice that ploughs the sea floor."""

    path: Path | None = Field(default=None, description="where there is ice, as polygons")
    north_of_deg: Lat = Field(default=44.3, description="without polygons: everywhere north of this")
    least_m: Number = Field(default=3.0, ge=0, description="least water depth of gouges")
    most_m: Number = Field(default=12.0, gt=0, description="greatest water depth of gouges")


class MudVolcanoTable(_Hazard):
    """Mud volcanoes as points or outlines."""

    path: Path
    near_m: Number = Field(default=1000.0, gt=0, le=50_000)
    far_m: Number = Field(default=3000.0, gt=0, le=50_000)


class FaultTable(_Hazard):
    """Active faults as lines."""

    path: Path
    width_m: Number = Field(default=2000.0, gt=0, le=50_000, description="band over which a crossing is spread")


class ShakingTable(_Hazard):
    """Earthquakes as points with a magnitude and a time."""

    path: Path
    since: dt.date = Field(description="from when the catalogue is complete")
    until: dt.date = Field(description="where it ends")
    complete_from: Number = Field(default=5.5, ge=4, le=7.5, description="magnitude from which it misses nothing")
    b: Number = Field(default=1.0, gt=0.3, lt=2.5, description="slope of Gutenberg and Richter")
    site: Literal["rock", "stiff", "soft"] = "stiff"
    threshold_g: Number = Field(default=0.2, gt=0, le=3)
    magnitude_field: str = "magnitude"
    time_field: str = "time"


class SlopeTable(_Hazard):
    """Slopes that may fail."""

    path: Path | None = Field(default=None, description="mapped slides, as polygons")
    steeper_than_deg: Number = Field(default=10.0, gt=0, lt=90)


class SurfTable(_Hazard):
    """Breaking waves."""

    breaker_depth_m: Number = Field(default=5.0, gt=0, le=50)


class AbrasionTable(_Hazard):
    """Rock that chafes."""


class ShippingTable(Table):
    """Polygons with a shipping class each."""

    enabled: bool = Field(default=True, strict=True)
    path: Path
    attribute: str = "class"
    buffer_m: Number = Field(default=0.0, ge=0, le=200_000)


class FishingTable(Table):
    """Fishing by depth, and polygons with a class each."""

    enabled: bool = Field(default=True, strict=True)
    path: Path | None = None
    attribute: str = "class"
    nearshore: str | None = Field(default=None, description="class in shallow water")
    nearshore_depth_m: Number = Field(default=20.0, gt=0, le=500)


class HazardTable(Table):
    """Hazards that count; one without a table does not."""

    ice: IceTable | None = None
    mud_volcano: MudVolcanoTable | None = None
    fault: FaultTable | None = None
    shaking: ShakingTable | None = None
    slope: SlopeTable | None = None
    surf: SurfTable | None = None
    abrasion: AbrasionTable | None = None
    shipping: ShippingTable | None = None
    fishing: FishingTable | None = None


class RoutingTable(Table):
    """How a path becomes a route."""

    alter_course_usd: Number = Field(default=5000.0, ge=0, description="price of an alter course; default, editable")
    transition_usd: Number = Field(
        default=40000.0, ge=0, description="price of a change of cable type or burial; default, editable"
    )
    gap_pct: Number = Field(
        default=0.5, gt=0, le=100, description="gap to which routes and designs are proven, where it can be reached"
    )
    refine: bool = Field(
        default=False, strict=True, description="whether routes are found again inside surveys, at their resolution"
    )
    refine_resolution_m: Number | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="cells of that; default: the finest survey's own, or what memory allows",
    )
    refine_band_m: Number | None = Field(
        default=None, gt=0, le=50_000, description="how far a route may move to each side; default: a routing cell"
    )

    @model_validator(mode="after")
    def _refined_by(self) -> RoutingTable:
        for key in ("refine_resolution_m", "refine_band_m"):
            if key in self.model_fields_set and not self.refine:
                raise ValueError(f"{key} means nothing without refine = true")
        return self


class PublishedTable(Table):
    """A published fact that is shown beside the results."""

    label: Name
    value: Name
    source: Name


class Project(Table):
    """A whole project file.

    Paths are relative to the folder of the file, `origin`, and stay inside it unless
    `allow_outside` is set by who reads the file: the file cannot set it itself, nor
    `deliveries`: the rasters of a survey, by its name, where not all that lie in its folder are meant.
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
    survey: tuple[SurveyTable, ...] = ()
    coast: CoastTable | None = None
    sectors: SectorsTable | None = None
    landings: LandingsTable
    points_of_presence: dict[str, PlaceTable] = Field(default_factory=dict)
    exposure: ExposureTable = ExposureTable()
    end_of_life: EndOfLifeTable | None = None
    substrate: SubstrateTable = SubstrateTable()
    hazard: HazardTable = HazardTable()
    routing: RoutingTable = RoutingTable()
    layer: tuple[LayerTable, ...] = ()
    agreed_crossing: tuple[AgreedCrossingTable, ...] = ()
    existing: tuple[ExistingTable, ...] = ()
    option: tuple[OptionTable, ...] = Field(min_length=1)
    published: tuple[PublishedTable, ...] = ()
    sources: tuple[Name, ...] = ()
    catalogue: dict[str, Any] = Field(default_factory=dict)
    origin: Path = Field(default=Path(), exclude=True)
    allow_outside: bool = Field(default=False, exclude=True)
    deliveries: dict[str, tuple[Path, ...]] = Field(default_factory=dict, exclude=True)

    @field_validator("area")
    @classmethod
    def _ordered(cls, area: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        west, south, east, north = area
        if not (south < north and west != east):
            raise ValueError("area is west, south, east, north")
        return area

    @model_validator(mode="after")
    def _one_datum(self) -> Project:
        datum = self.vertical_datum.lower()
        named = [key for key, table in self.depth_tables.items() if table.reference]
        if named and "sea level" not in datum and "baltic" not in datum:
            raise ValueError(
                f"{named[0]}.reference counts from mean sea level, vertical_datum is {self.vertical_datum!r}: "
                "give water_level_m above mean sea level, or kind and zero_m in place of reference"
            )
        return self

    @model_validator(mode="after")
    def _unique(self) -> Project:
        ids = [option.id for option in self.option]
        if len(set(ids)) < len(ids):
            raise ValueError("option ids must be unique")
        cables = [cable.id for cable in self.existing]
        if len(set(cables)) < len(cables):
            raise ValueError("existing: ids must be unique")
        names = [layer.name for layer in self.layer]
        if len(set(names)) < len(names):
            raise ValueError("layer names must be unique")
        surveys = [survey.name for survey in self.survey]
        if len(set(surveys)) < len(surveys):
            raise ValueError("survey names must be unique")
        return self

    @model_validator(mode="after")
    def _surveyed(self) -> Project:
        if self.routing.refine and not self.survey:
            raise ValueError("routing.refine needs a [[survey]]: routes are refined inside surveys only")
        return self

    @property
    def depth_tables(self) -> dict[str, DepthTable]:
        """Every table of depths, by the key that names it."""
        return {"bathymetry": self.bathymetry, **{f"survey {table.name}": table for table in self.survey}}

    def file(self, path: Path) -> Path:
        """A path of the project file, relative to its folder.

        Raises
        ------
        InputError
            When it is no path of a file on this machine, or leads out of the folder and may not.
        """
        refuse_remote(path)
        found = path if path.is_absolute() else self.origin.parent / path
        if not self.allow_outside:
            refuse_outside(found, self.origin.parent)
        return found


def read_project(path: Path, *, allow_outside: bool = False) -> Project:
    """Read and check a project file; paths inside it are taken from its folder.

    Parameters
    ----------
    path
        The file.
    allow_outside
        Let its paths lead out of its folder: only for a file that you trust.

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
    return checked_project(table, path).model_copy(update={"allow_outside": allow_outside})


def checked_project(table: dict[str, Any], path: Path) -> Project:
    """A project from the tables of its file; its paths are relative to that of the file.

    Raises
    ------
    InputError
        With the key, what is wrong and what to do.
    """
    try:
        return Project(**table).model_copy(update={"origin": path})
    except ValidationError as error:
        raise _explained(error, path) from error


def json_schema() -> dict[str, Any]:
    """JSON Schema of the project file."""
    schema = Project.model_json_schema()
    for name in ("origin", "allow_outside", "deliveries"):
        schema["properties"].pop(name)
    # A reference by name stands for both.
    for name in ("BathymetryTable", "SurveyTable"):
        table = schema["$defs"][name]
        table["required"] = [key for key in table["required"] if key not in ("kind", "zero_m")]
    schema["$defs"]["LayerTable"]["required"].remove("kind")  # a preset gives it
    return schema


def _explained(error: ValidationError, path: Path) -> InputError:
    details = error.errors(include_url=False)
    first = details[0]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"]) or None
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    if first["type"] == "missing":
        depths = key and key.split(".")[0] in ("bathymetry", "survey")
        remedy = VERTICAL if depths and str(key).endswith((".kind", ".zero_m")) else "add it"
        return InputError(f"is missing{more}", remedy=remedy, file=path, key=key)
    given = "" if isinstance(first["input"], dict | list) else f", not {first['input']!r}"
    message = first["msg"].removeprefix("Value error, ") + given
    if first["type"] == "literal_error":
        message += nearest(str(first["input"]), re.findall(r"'([^']+)'", first["ctx"]["expected"]))
    return InputError(f"{message}{more}", remedy="correct it", file=path, key=key)
