"""A pair of potentials whose stretch is measured in the dual norm of a cost that depends on direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.dual import Mesh, level_ratios, node_tensors, set_curvatures
from routing.geodesic.elements import Potential, potential_in
from routing.geodesic.ground import Sources
from routing.geodesic.heading import add_stencils, prepare_tensor
from routing.geodesic.line import PAD
from routing.geodesic.marching import march
from routing.geodesic.pruning import Marks
from routing.geodesic.refinement import Pair

__all__ = ["DualPair", "directed_waves"]


@dataclass(frozen=True)
class DualPair(Pair):
    """Two potentials on elements of one size, tested against matrices."""

    mesh: Mesh

    def raise_levels(
        self,
        potential: Potential,
        rows: tuple[int, int],
        levels: tuple[float, float],
        worst: NDArray[np.float64],
        work: NDArray[np.float64],  # noqa: ARG002 (the isotropic test needs it)
    ) -> None:
        """Raise the stretch of each level to that of the live elements of some rows that meet it."""
        level_ratios(self.mesh, potential, self.tube.marks, rows, levels, worst)


def directed_waves(mesh: Mesh, marks: Marks, ends: NDArray[np.float64], cap: float) -> list[Potential]:
    """Potentials from the prices from both ends. Nothing is claimed of them.

    Parameters
    ----------
    mesh
        Matrices of the patches and how they are divided.
    marks
        Where to solve.
    ends
        Node coordinates, (2, 2).
    cap
        Price beyond which prices do not matter.

    Returns
    -------
    potentials
        One of each end.
    """
    shape = (marks.kind.shape[0] + 1, marks.kind.shape[1] + 1)
    tensor = np.empty((*shape, 3))
    node_tensors(mesh, marks.kind, tensor)
    ground = add_stencils(prepare_tensor(tensor, (1.0, 1.0)))
    found = []
    for end in ends:
        field = march(ground, Sources(end[None] + PAD, np.zeros(1)), np.empty((0, 2)), spare=[], method="graph")
        field.cells[::2] = np.minimum(field.cells[::2] * field.width, cap)
        potential = potential_in(field.cells, shape[1] + 2 * PAD)
        set_curvatures(potential, shape, cap)
        found.append(potential)
    return found
