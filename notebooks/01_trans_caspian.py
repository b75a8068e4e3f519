# %% [markdown]
# # From bathymetry to map: the Trans-Caspian cable
#
# One question a cell, each answered with the functions that `cableroute run` uses. It takes about half a minute.
# Words are explained in the glossary, `docs/glossary.md`.

# %%
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import HTML
from PIL import Image

from routing import geodesy, pipeline
from routing.catalogue import read_catalogue
from routing.exchange import rpl_table
from routing.project import read_project
from routing.route import straighten

# %% [markdown]
# ## What is asked?
#
# The project file names the inputs and the options. Each option is a set of links between countries.

# %%
project = read_project(Path("../data/trans-caspian/project.toml"))
project = project.model_copy(update={"option": project.option[:3]})  # the others keep apart or branch, and take longer
pd.DataFrame([{"id": option.id, "name": option.name, "links": option.links} for option in project.option])

# %% [markdown]
# ## How deep is the sea?
#
# `load` reads and checks every input and puts it on one grid. Depth is water level minus height, positive down.

# %%
loaded = pipeline.load(project)
depth_m = loaded.seabed.depth_m
pd.Series(depth_m[np.isfinite(depth_m)], name="depth_m").describe().round(1)

# %% [markdown]
# One pixel is a cell of 4 km; dark is deep, white is land.


# %%
def picture(values: np.ndarray, low: float, high: float) -> Image.Image:
    """Grey image of every fourth cell: `low` is light, `high` is dark, unknown is white."""
    grey = 230 - 220 * np.clip((values[::4, ::4] - low) / (high - low), 0, 1)
    return Image.fromarray(np.where(np.isfinite(grey), grey, 255).astype(np.uint8))


picture(depth_m, 0, 800)

# %% [markdown]
# ## What if the water level is forgotten?
#
# Global grids count from mean sea level, and the Caspian stands 29 m below it. With a level of 0, the sea comes out
# deeper by just that.

# %%
forgotten = pipeline.load(project.model_copy(update={"water_level_m": 0.0})).seabed.depth_m
wrong_by_m = float(np.nanmedian(forgotten - depth_m))
wrong_by_m

# %% [markdown]
# ## Where can the cable land?
#
# Candidates are towns; each is moved to the nearest shore with a straight approach over water.

# %%
sites = {site.landing.id: site for site in loaded.sites}
pd.DataFrame(
    [
        {
            "id": key,
            "country": site.landing.country,
            "moved_km": site.moved_m / 1000,
            "approach_km": site.approach_m / 1000,
        }
        for key, site in sites.items()
    ]
).round(1)

# %% [markdown]
# ## What does a kilometre cost at one place?

# %%
place = pipeline.explain(pipeline.surface(pipeline.load(project)), 50.6, 43.0)
print(f"{place['depth_m']:.0f} m, {place['cable_type']}, {place['protection']}, {place['burial_m']} m deep")
pd.Series(place["items_usd_per_km"], name="USD/km").round(0)

# %% [markdown]
# ## What is built at which depth?
#
# `surface` does the same for every cell and keeps the cheapest engineering.

# %%
sea = pipeline.surface(loaded)
surface = sea.priced.surface
cells = pd.DataFrame(
    {
        "option": surface.choice[surface.free],
        "depth_m": depth_m[surface.free],
        "usd_per_km": 1000 * surface.total()[surface.free],
    }
)
built = cells.groupby("option").agg(
    cells=("depth_m", "size"),
    from_m=("depth_m", "min"),
    to_m=("depth_m", "max"),
    usd_per_km=("usd_per_km", "mean"),
)
options = [surface.model.options[number] for number in built.index]
built.index = [f"{option.cable.code}, {option.burial.code}" for option in options]
built.round(0)

# %% [markdown]
# ## How much does it cost to reach every place from Sumqayit?
#
# The kernel solves for the cheapest price to every cell at once. Each stripe is one million dollars wide.

# %%
start, end = sites["az-sumqayit"], sites["kz-aktau"]
field = sea.priced.kernel.field(start.node)
millions = np.where(np.isfinite(field.distance), field.distance / 1e6, np.nan)
picture(np.floor(millions) % 2, 0, 1)

# %% [markdown]
# ## What is the cheapest path to Aktau?
#
# The path falls straight down through that field. It bends wherever that saves a dollar.

# %%
path = field.path_to(end.node)
print(f"{len(path.points)} vertices, USD {path.cost:,.0f}")

# %% [markdown]
# ## What do fewer alter courses cost?
#
# A ship wants long straight legs. With a price on each alter course, the cheapest route has few.


# %%
def straightened(alter_course_usd: float) -> dict[str, float]:
    """One row of the table: the route for one price of an alter course."""
    route = straighten(path.points, sea.priced, alter_course_usd=alter_course_usd)
    price = sea.priced.price(route.lonlat)
    return {
        "alter_course_usd": alter_course_usd,
        "alter_courses": len(route.turns_deg),
        "route_km": route.length_m / 1000,
        "dearer_than_path_usd": price - path.cost,
    }


pd.DataFrame([straightened(usd) for usd in (100, 1_000, 5_000, 50_000)]).round(1)

# %% [markdown]
# ## Which landings and links together?
#
# Every pair of candidates is priced like that. OR-Tools then chooses landings and links, fixed money included, and
# proves its choice over these offers.

# %%
# What `make run` has searched is taken as it found it; without it the same is searched here.
kept = pipeline.searches_kept(Path("../maps/trans-caspian"))
planned = pipeline.plan(loaded, sea, threads=2, store=kept)
pd.DataFrame(
    [
        {
            "option": option.wanted.id,
            "landings": ", ".join(site.landing.name for site in option.sites),
            "route_km": sum(link.segment.route.length_m for link in option.links) / 1000,
            "USD million": option.design.objective_usd / 1e6,
            "status": option.design.status,
            "gap_pct": option.design.gap_pct,
        }
        for option in planned.options
    ]
).round(1)

# %% [markdown]
# ## How much longer than the geodesic?

# %%
chosen = planned.options[0].links[0].segment
ends = chosen.route.lonlat[[0, -1]]
ratio = chosen.route.length_m / geodesy.length_m(ends)
print(f"{chosen.start.landing.name} to {chosen.end.landing.name}: {chosen.route.length_m / 1000:.1f} km, {ratio:.3f} x")

# %% [markdown]
# ## What does the position list say?

# %%
positions = rpl_table.frame(chosen).set_index("Pos")
shown = ["Event", "Depth [m]", "KP [km]", "Cable KP [km]", "Bearing to next [deg true]", "Cable type", "Protection"]
positions[[*shown, "Sector"]].round(1)

# %% [markdown]
# ## What does the sea floor look like under it?
#
# Depths drawn much too steep, from beach manhole to beach manhole.

# %%
kp_km, profile_m = chosen.profile.kp_m / 1000, chosen.profile.depth_m
line = " ".join(f"{kp:.1f},{depth / 5:.1f}" for kp, depth in zip(kp_km, profile_m, strict=True))
HTML(
    f'<svg viewBox="0 0 {kp_km[-1]:.0f} 170" width="100%" height="200" '
    'preserveAspectRatio="none" style="background:#eef5fb">'
    f'<polygon points="0,170 {line} {kp_km[-1]:.0f},170" fill="#b9a27c"/></svg>'
)

# %% [markdown]
# ## What if ploughing is dearer?
#
# The published landings, planned again at four prices of ploughing. Burial ends where it costs more than the repairs it
# saves; repairs take its place in the bill.


# %%
def asked(option_id: str) -> pipeline.Loaded:
    """The inputs, with one option wanted."""
    options = tuple(option for option in project.option if option.id == option_id)
    return replace(loaded, project=project.model_copy(update={"option": options}))


def at_plough_price(usd_per_km: float) -> dict[str, float]:
    """One row of the table: the published landings at one price of ploughing."""
    catalogue = read_catalogue({"rate": {"plough": {"low": 7_000.0, "base": usd_per_km, "high": 60_000.0}}})
    priced = replace(asked("published"), catalogue=catalogue)
    option = pipeline.plan(priced, pipeline.surface(priced), threads=2).options[0]
    segment = option.links[0].segment
    return {
        "plough_usd_per_km": usd_per_km,
        "buried_km": segment.buried_m() / 1000,
        "route_km": segment.route.length_m / 1000,
        "repairs_usd": option.links[0].items["repairs"],
        "total_usd": option.design.objective_usd,
    }


sensitivity = pd.DataFrame([at_plough_price(usd) for usd in (11_000.0, 14_000.0, 22_000.0, 40_000.0)])
sensitivity.round(0)

# %% [markdown]
# ## What do the offshore fields cost?
#
# The option with Turkmenistan, beside itself planned as if cables were allowed inside them.

# %%
with_fields = next(option for option in planned.options if option.wanted.id == "az-kz-tm").design.objective_usd
both = asked("az-kz-tm")
without_fields = pipeline.plan(both, pipeline.surface(both, without={"Offshore fields"}), threads=2).options[0]
print(f"USD {with_fields - without_fields.design.objective_usd:,.0f}")

# %% [markdown]
# ## All of it at once
#
# `run` does what the cells above did and writes the files of survey teams. What `make run` left is taken as it is when
# nothing changed (`if_changed`), and replaced otherwise (`force`); a plan that others use gets a new `revision`.

# %%
whole = read_project(Path("../data/trans-caspian/project.toml"))
run = pipeline.run(whole, Path("../maps/trans-caspian"), if_changed=True, force=True)
pd.Series({path.name: path.stat().st_size for path in sorted(run.folder.iterdir())}, name="bytes")

# %% [markdown]
# The map is one file that works without a network. A run shows it in a frame of its own:

# %%
run

# %% [markdown]
# ## Which tables are behind the map?
#
# `routes`, `legs`, `positions` and `landings` are GeoDataFrames.

# %%
run.legs.groupby(["option", "cable_type", "protection"], sort=False)["cable_km"].sum().round(1).to_frame()

# %% [markdown]
# geopandas draws any of them; its own page takes its scripts from the network (`tiles=None`: no background).

# %%
run.routes.explore("option", tiles=None)
