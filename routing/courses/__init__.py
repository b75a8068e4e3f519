"""Alter courses that a plough and a ship can keep: the cheapest chain of legs under the rules of turns.

A straightened route may turn too sharply at one place, or in legs too short to lay.
Around such places the search is repeated with positions beside the route, so that a
sharp turn becomes several that can be kept.
"""

from routing.courses.laying import keep_courses, lay_courses
from routing.courses.rules import CourseRules, beyond, course_findings

__all__ = ["CourseRules", "beyond", "course_findings", "keep_courses", "lay_courses"]
