"""Routes found again inside surveys, at the resolution of the survey.

A route of the routing grid sees each cell as one depth. Where a survey sounds the
sea more finely, the stretch of the route that lies on it is searched again in a band
round the route, on cells of the survey, a window at a time; what is found is laid by
the same rules and spliced in. See ``docs/refinement.md``.
"""

from routing.refinement.refiner import Refiner

__all__ = ["Refiner"]
