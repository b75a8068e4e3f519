"""Contenders timed in turns in one process, so that the noise of the machine hits all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Timed", "race", "timed"]

RUNS = 3
PATIENCE = 20.0  # seconds of one contender after which it is not run again


@dataclass
class Timed:
    """Least seconds of a contender, wall and processor, and its last answer or why it has none."""

    wall: float = float("inf")
    cpu: float = float("inf")
    spent: float = 0.0
    answer: Any = None
    failure: str | None = None


def race(contenders: Mapping[str, Callable[[], Any]], runs: int = RUNS) -> dict[str, Timed]:
    """Best of some runs of each contender, one after the other in every round."""
    found = {name: Timed() for name in contenders}
    for _ in range(runs):
        for name, call in contenders.items():
            if found[name].spent < PATIENCE and found[name].failure is None:
                _run(call, found[name])
    return found


def timed(call: Callable[[], Any], runs: int = RUNS) -> Timed:
    """Best of some runs of one call."""
    return race({"": call}, runs)[""]


def _run(call: Callable[[], Any], so_far: Timed) -> None:
    so_far.answer = None  # its memory serves the next answer
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        so_far.answer = call()
    except RuntimeError as error:  # some solvers give up on rough costs: that is a result too
        so_far.failure = str(error)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    so_far.wall, so_far.cpu = min(so_far.wall, wall), min(so_far.cpu, cpu)
    so_far.spent += wall
