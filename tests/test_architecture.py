"""The rules of the house, kept by reading the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "routing"
FILES = sorted(PACKAGE.rglob("*.py"))

#: Each module may import only what stands above it.
ORDER = (
    "errors", "text", "finding", "localfile", "hdf5", "runs", "netcdf3", "memory", "threads", "geodesy", "grid", "pointgrid", "gridfile", "geodesic",
    "seabed", "hazards", "constraints", "catalogue", "exposure", "cost", "junction", "openwater", "landing", "pricing",
    "corridor",
    "crossing", "route", "courses", "diversity", "span",
    "fixedcost", "calibration",
    "network", "engineering", "reuse", "planning", "barriers", "explanation", "scenarios", "svg", "tornado", "exchange", "position_list",
    "webmap", "project",
    "options", "results", "unaffected", "summary",
    "presentation", "report", "folderlock", "commit", "runfolder", "revisions", "inputstore", "notebook", "verification",
    "publish", "export", "delta", "rerun", "seafloor", "depths", "loading", "cluster", "confinement", "refinement",
    "surface", "answers", "causes", "pipeline", "doctor", "fetch", "api", "logs", "cli",
)  # fmt: skip

#: The modules that may import a heavy library; everyone else goes through them.
DOORS = {
    "folium": {"webmap"},
    "branca": {"webmap"},
    "contourpy": {"webmap"},
    "ortools": {"network"},
    "numba": {"geodesic"},
    "llvmlite": {"geodesic"},
    "rasterio": {"exchange", "grid", "gridfile", "doctor"},
    "netCDF4": {"gridfile"},
    "pyproj": {"geodesy", "doctor"},
    "typer": {"cli"},
    "pydantic": {"project"},
    "xlsxwriter": {"exchange"},
    "ezdxf": {"exchange"},
    "openpyxl": {"exchange"},
    "pyogrio": {"constraints", "exchange"},
    "geopandas": {"constraints", "exchange"},
    "distributed": {"cluster"},
    "scipy": {"reuse"},
}

VAGUE = {"utils", "util", "helpers", "common", "core", "base", "manager", "misc"}


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Imported names of a file, and whether each import runs when the module is loaded."""
    found = []

    def visit(node: ast.AST, *, lazy: bool) -> None:
        for child in ast.iter_child_nodes(node):
            here = lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) or _is_type_checking(child)
            if isinstance(child, ast.Import):
                found.extend((alias.name, not here) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                if child.module == "routing":
                    found.extend((f"routing.{alias.name}", not here) for alias in child.names)
                else:
                    found.append((child.module or "", not here))
            visit(child, lazy=here)

    visit(ast.parse(path.read_text(encoding="utf-8")), lazy=False)
    return found


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    mine = module_of(path)
    if mine in {"__init__", "__main__"}:
        return
    allowed = set(ORDER[: ORDER.index(mine) + 1]) | {"__version__"}
    for name, _ in imports_of(path):
        parts = name.split(".")
        if parts[0] == "routing" and len(parts) > 1:
            assert parts[1] in allowed, f"{mine} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_heavy_library_has_one_door(path: Path) -> None:
    for name, _ in imports_of(path):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or module_of(path) in doors, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_asserts_prints_or_hides_behind_a_vague_name(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    assert "print" not in calls
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_opens_with_its_sentence_and_no_function_is_endless(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), path.name
    source = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert code_lines(node, source) <= 60, f"{path.name}: {node.name}"


def code_lines(node: ast.FunctionDef, source: list[str]) -> int:
    """Lines of a function without its docstring, blanks and comments."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    first = body[0].lineno if body else node.lineno
    lines = source[first - 1 : node.end_lineno]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = "import sys, routing.cli; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"folium", "geopandas", "ortools", "numba", "rasterio", "pandas", "pyproj", "netCDF4"} & set(loaded)


def test_no_tracked_text_names_a_machine_or_a_registry() -> None:
    listed = tracked_files()
    # The patterns are put together here, so that this file does not hold what it forbids.
    forbidden = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "pypi" + ".org", "npmjs" + ".org", "deb." + "debian.org"]
    texts = [ROOT / name for name in listed if name.endswith((".py", ".md", ".toml", ".js", ".css", ".html", ".json"))]
    for path in texts:
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not [word for word in forbidden if word in text], path


def test_no_tracked_file_is_large() -> None:
    listed = tracked_files()
    # The showcase map is one self-contained page, so it is larger than anything else may be.
    large = [n for n in listed if n and (ROOT / n).is_file() and (ROOT / n).stat().st_size > 200_000]
    assert set(large) <= {"maps/trans-caspian.html"}


def tracked_files() -> list[str]:
    """Paths that git knows, relative to the root."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")
