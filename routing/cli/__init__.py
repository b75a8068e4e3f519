"""The command line: parse, call the functions of :mod:`routing.api`, print. Nothing is decided here.

Exit codes: 0 done; 1 findings; 2 bad input or usage; 3 no feasible option;
4 interrupted or out of resources; 5 a defect of the program.
"""

from routing.cli import preparation, projects, runs  # noqa: F401  (each registers its commands; help lists them in this order)
from routing.cli.app import app
from routing.cli.start import main

__all__ = ["app", "main"]
