"""Toll lines: angle rule, exact tolls, over or round, several lines, no way at all."""

from itertools import pairwise

import numpy as np
import pytest
from directed_oracles import matrix, uniform
from scipy.optimize import minimize

from routing.errors import ArrayError, NoPathError
from routing.geodesic import Toll, directed_path, directed_price
from routing.geodesic.tolls import pieces_of

INF = np.inf
SEA = np.ones((41, 61))
START, END = (20.0, 5.0), (20.0, 55.0)


def line_at(angle_deg, *, through=(20.0, 30.0), half=15.0):
    """Line through a point, at an angle to the rows."""
    step = half * np.array([np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))])
    return np.array([through - step, through + step])


def crossing_angles(points, toll):
    """Angles in degrees at which a polyline crosses a line, by plain vector algebra."""
    found = []
    line = np.asarray(toll.line)
    for a, b in pairwise(points):
        for c, d in pairwise(line):
            along, step = d - c, b - a
            det = step[0] * along[1] - step[1] * along[0]
            if det == 0:
                continue
            t = ((c - a)[0] * along[1] - (c - a)[1] * along[0]) / det
            s = ((c - a)[0] * step[1] - (c - a)[1] * step[0]) / det
            if 0 < t <= 1 and 0 < s <= 1:
                found.append(np.degrees(np.arctan2(abs(det), abs(step @ along))))
    return found


# ----------------------------------------------------------------------------------------------------------- angle rule


def test_a_crossing_below_the_least_angle_is_refused_and_one_above_is_paid():
    assert directed_price(SEA, [START, END], tolls=[Toll(line_at(44.9), 1.0)]) == INF
    toll = Toll(line_at(45.1), 1.0)
    paid = directed_price(SEA, [START, END], tolls=[toll]) - 50.0
    assert paid == pytest.approx(1 + 1 / np.tan(np.radians(45.1)) ** 2)
    assert paid == pytest.approx(toll.toll_at(45.1))


@pytest.mark.parametrize("angle", [45.0, 60.0, 75.0, 90.0, 120.0, 135.0])
def test_the_toll_is_the_stated_function_of_the_angle(angle):
    toll = Toll(line_at(angle), 3.0, oblique_weight=0.7)
    cot = 1 / np.tan(np.radians(angle))
    assert directed_price(SEA, [START, END], tolls=[toll]) == pytest.approx(50 + 3 * (1 + 0.7 * cot**2), rel=1e-9)


def test_angles_are_those_of_lengths_not_of_cells():
    toll = Toll([(0, 10), (20, 30)], 1.0, oblique_weight=1.0)  # 45 degrees in cells
    # Columns twice as wide: the line runs at atan(1 / 2) to the rows.
    assert directed_price(SEA, [(10, 5), (10, 35)], cell_size=(1.0, 2.0), tolls=[toll]) == INF
    steep = directed_price(SEA, [(5, 20), (15, 20)], cell_size=(1.0, 2.0), tolls=[toll])
    assert steep == pytest.approx(10 + 1 + (1 / 2) ** 2)


def test_a_crossing_too_near_a_turn_is_refused():
    toll = Toll([(0, 30), (40, 30)], 1.0, straight=5.0)
    bent = [START, (20, 26), (24, 55)]
    assert directed_price(SEA, bent, tolls=[toll]) == INF
    assert directed_price(SEA, [START, (20, 36), (24, 55)], tolls=[toll]) < INF
    # A vertex at which the line goes straight on is no turn.
    assert directed_price(SEA, [START, (20, 29), (20, 31), END], tolls=[toll]) == pytest.approx(51.0)


def test_each_crossing_is_paid_once_also_at_vertices_of_path_and_line():
    toll = Toll([(0, 30), (20, 30), (40, 30)], 2.0)
    assert directed_price(SEA, [START, END], tolls=[toll]) == pytest.approx(52.0)
    assert directed_price(SEA, [START, (20, 30), END], tolls=[toll]) == pytest.approx(52.0)
    assert directed_price(SEA, [(10, 5), (10, 30), (10, 55)], tolls=[toll]) == pytest.approx(52.0)
    assert directed_price(SEA, [END, (20, 30), START], tolls=[toll]) == pytest.approx(52.0)
    there = [(10, 5), (10, 55), (12, 55), (12, 5)]
    assert directed_price(SEA, there, tolls=[toll]) == pytest.approx(102 + 2 * 2.0)


# ---------------------------------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize("price", [0.0, 0.5, 7.0])
def test_a_line_across_the_sea_is_crossed_at_right_angles(price):
    toll = Toll([(-0.5, 30), (40.5, 30)], price)
    path = directed_path(SEA, START, END, tolls=[toll])
    assert path.cost == pytest.approx(50 + price, rel=1e-9)
    assert crossing_angles(path.points, toll) == pytest.approx([90.0])


@pytest.mark.parametrize("weight", [0.0, 1.0])
@pytest.mark.parametrize("price", [0.5, 5.0])
def test_an_oblique_line_is_crossed_by_the_best_straight_leg(weight, price):
    straight = 2.0
    line = line_at(30, half=27)
    toll = Toll(line, price, oblique_weight=weight, straight=straight)
    along = (line[1] - line[0]) / np.hypot(*(line[1] - line[0]))
    normal = np.array([-along[1], along[0]])

    def total(x):
        slide, turn = x
        if abs(np.tan(turn)) > 1:
            return 1e9
        step = straight * (np.cos(turn) * normal + np.sin(turn) * along)
        middle = np.array([20.0, 30.0]) + slide * along
        ways = [np.hypot(*(middle - s * step - START)) + np.hypot(*(END - middle - s * step)) for s in (1, -1)]
        return min(ways) + 2 * straight + price * (1 + weight * np.tan(turn) ** 2)

    tries = [
        minimize(total, (0.0, t), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-11}).fun
        for t in (-0.5, 0.5)
    ]
    path = directed_path(SEA, START, END, tolls=[toll])
    assert path.cost == pytest.approx(directed_price(SEA, path.points, tolls=[toll]), rel=1e-12)
    assert min(tries) * (1 - 1e-7) <= path.cost <= min(tries) * (1 + 1e-4)
    assert min(crossing_angles(path.points, toll)) >= 45.0 - 1e-6


ROUND = 2 * np.hypot(25, 10)  # over the end of a line at row 30


@pytest.mark.parametrize("toll_price", [3.0, ROUND - 50 - 0.02, ROUND - 50 + 0.02, 9.0])
def test_the_path_goes_over_the_line_or_round_its_end_whichever_is_cheaper(toll_price):
    toll = Toll([(-0.5, 30), (30, 30)], toll_price)
    path = directed_path(SEA, START, END, tolls=[toll])
    best = min(50 + toll_price, ROUND)
    assert best * (1 - 1e-9) <= path.cost <= best * (1 + 1e-6)
    assert len(crossing_angles(path.points, toll)) == (1 if toll_price < ROUND - 50 else 0)


def test_several_lines_are_weighed_one_by_one():
    cheap = Toll([(-0.5, 20), (40.5, 20)], 3.0)  # no way round
    dear = Toll([(-0.5, 40), (25, 40)], 50.0)  # round its end
    path = directed_path(SEA, START, END, tolls=[cheap, dear])
    assert len(crossing_angles(path.points, cheap)) == 1
    assert not crossing_angles(path.points, dear)
    best = 3.0 + np.hypot(35, 5) + np.hypot(15, 5)
    # At the cheap line the way runs 8 degrees off the right angle, or turns a little.
    assert best <= path.cost <= best + 3.0 * (5 / 35) ** 2 + 1e-6


def test_two_lines_close_together_share_one_straight_leg():
    tolls = [
        Toll([(-0.5, 29.9), (40.5, 29.9)], 3.0, straight=2.0),
        Toll([(-0.5, 30.2), (40.5, 30.2)], 4.0, straight=2.0),
    ]
    assert directed_path(SEA, START, END, tolls=tolls).cost == pytest.approx(57.0, rel=1e-9)


def test_a_toll_in_a_directed_cost_is_added_to_its_price():
    m = matrix(0.8, 4.0)
    toll = Toll([(-0.5, 30), (40.5, 30)], 2.5, oblique_weight=0.0, min_angle_deg=20.0)
    path = directed_path(uniform((41, 61), m), START, END, tolls=[toll], tolerance=0.02)
    d = np.array(END) - START
    assert path.cost == pytest.approx(np.sqrt(d @ m @ d) + 2.5, rel=1e-6)
    assert path.lower_bound <= path.cost - 2.5


def test_there_and_back_are_one_path():
    toll = Toll(line_at(60), 2.0, straight=1.0)
    there, back = (directed_path(SEA, *ends, tolls=[toll]) for ends in ((START, END), (END, START)))
    assert np.array_equal(there.points, back.points[::-1])


def test_a_place_where_no_leg_fits_is_avoided():
    """Two channels across a wall: through the near one the line cannot be crossed steeply, through the far one it can."""
    sea = SEA.copy()
    sea[:, 25:36] = INF
    sea[20, 25:36] = 1.0  # a cell wide
    sea[34:39, 25:36] = 1.0
    toll = Toll([(10, 26.0), (22.0, 35.0), (40.5, 33.0)], 1.0, min_angle_deg=70.0, straight=3.0)
    path = directed_path(sea, START, END, tolls=[toll])
    assert path.points[:, 0].max() > 33
    assert min(crossing_angles(path.points, toll)) >= 70.0 - 1e-6


def test_a_line_that_can_be_crossed_nowhere_leaves_no_path():
    channel = np.full((41, 61), INF)
    channel[20] = 1.0
    toll = Toll(line_at(20), 1.0, straight=2.0)
    with pytest.raises(NoPathError, match="no toll line between them can be crossed as steeply") as caught:
        directed_path(channel, START, END, tolls=[toll])
    assert (caught.value.start, caught.value.end) == (START, END)


# -------------------------------------------------------------------------------------------------------- refused input


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"line": [(1, 2)]}, "no length"),
        ({"line": [(1, 2), (1, 2)]}, "no length"),
        ({"line": [(1, np.nan), (1, 2)]}, "not finite"),
        ({"price": -1.0}, "price of a toll line is -1.0"),
        ({"price": INF}, "price of a toll line is inf"),
        ({"oblique_weight": np.nan}, "oblique_weight"),
        ({"straight": -2.0}, "straight"),
        ({"min_angle_deg": 0.0}, "min_angle_deg of a toll line is 0.0"),
        ({"min_angle_deg": 90.0}, "min_angle_deg"),
    ],
)
def test_tolls_that_make_no_sense_are_refused(change, text):
    with pytest.raises(ArrayError, match=text):
        Toll(**{"line": [(0, 0), (1, 1)], "price": 1.0} | change)


def test_a_toll_below_the_least_angle_is_infinite():
    assert Toll([(0, 0), (1, 1)], 1.0).toll_at(44.9) == INF
    assert Toll([(0, 0), (1, 1)], 1.0).toll_at(90.0) == 1.0


def test_lines_are_cut_into_short_pieces():
    pieces = pieces_of([Toll([(0, 0), (0, 9), (4, 9)], 1.0)])
    assert np.hypot(*(pieces[:, 2:4] - pieces[:, :2]).T).max() <= 2.0
    assert len(pieces) == 7
