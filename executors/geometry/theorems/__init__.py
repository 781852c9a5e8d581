"""The theorems and the order in which they are tried.

The order is data: the solver takes the theorems stage by stage, solves what it has after each stage, and goes on only
while what is sought is not known ("low first", as in Inter-GPS). A theorem that looks at what is known so far
(`follows`) is tried again as long as it says something new. Each is a function of its module; its documentation is the
theorem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from executors.geometry.problem import Problem
from executors.geometry.system import System
from executors.geometry.theorems import circles, lines, polygons, triangles
from executors.geometry.theorems.lines import Equations


class Stage(IntEnum):
    """Cheap and certain theorems first, then those that bring products, then trigonometry of any triangle."""

    GIVEN = 0
    ANGLES = 1
    SHAPES = 2
    EQUALITIES = 3
    PROPORTIONS = 4
    TRIGONOMETRY = 5


@dataclass(frozen=True, slots=True)
class Theorem:
    """`equations` yields pairs of sides; `follows`: what it yields depends on what is known so far."""

    name: str
    stage: Stage
    equations: Callable[[Problem, System], Equations]
    follows: bool = False


THEOREMS: tuple[Theorem, ...] = (
    Theorem("given", Stage.GIVEN, lines.given),
    Theorem("segment addition", Stage.GIVEN, lines.segment_addition),
    Theorem("midpoint", Stage.GIVEN, lines.midpoint),
    Theorem("perpendicular lines", Stage.GIVEN, lines.perpendicular),
    Theorem("equal radii", Stage.GIVEN, circles.radii),
    Theorem("vertical angles", Stage.ANGLES, lines.vertical_angles),
    Theorem("linear pair", Stage.ANGLES, lines.linear_pair),
    Theorem("angle addition", Stage.ANGLES, lines.angle_addition),
    Theorem("triangle angle sum", Stage.ANGLES, triangles.angle_sum),
    Theorem("angle bisector", Stage.ANGLES, lines.bisector),
    Theorem("right triangle", Stage.ANGLES, triangles.right_triangle),
    Theorem("parallel lines", Stage.ANGLES, lines.parallel_lines),
    Theorem("bent line between parallels", Stage.SHAPES, lines.bent_transversal),
    Theorem("angles around a point", Stage.SHAPES, lines.full_turn),
    Theorem("polygon angle sum", Stage.SHAPES, polygons.angle_sum),
    Theorem("parallelogram", Stage.SHAPES, polygons.parallelogram),
    Theorem("rectangle", Stage.SHAPES, polygons.rectangle),
    Theorem("rhombus", Stage.SHAPES, polygons.rhombus),
    Theorem("kite", Stage.SHAPES, polygons.kite),
    Theorem("trapezoid", Stage.SHAPES, polygons.trapezoid, follows=True),
    Theorem("trapezoid midsegment", Stage.SHAPES, polygons.trapezoid_midsegment, follows=True),
    Theorem("regular polygon", Stage.SHAPES, polygons.regular),
    Theorem("equilateral triangle", Stage.SHAPES, triangles.equilateral),
    Theorem("isosceles triangle, as stated", Stage.SHAPES, triangles.stated_isosceles),
    Theorem("congruent or similar, as stated", Stage.SHAPES, triangles.corresponding),
    Theorem("centroid", Stage.SHAPES, triangles.centroid),
    Theorem("whole circle", Stage.SHAPES, circles.whole_circle),
    Theorem("central angle", Stage.SHAPES, circles.central_angle),
    Theorem("inscribed angle", Stage.SHAPES, circles.inscribed_angle),
    Theorem("isosceles triangle", Stage.EQUALITIES, triangles.isosceles, follows=True),
    Theorem("tangent and radius", Stage.EQUALITIES, circles.tangent_radius, follows=True),
    Theorem("two tangents", Stage.EQUALITIES, circles.two_tangents, follows=True),
    Theorem("tangent and chord", Stage.EQUALITIES, circles.tangent_chord, follows=True),
    Theorem("chords, secants and tangents", Stage.EQUALITIES, circles.crossing_lines, follows=True),
    Theorem("radius and chord", Stage.EQUALITIES, circles.radius_and_chord, follows=True),
    Theorem("equal chords", Stage.EQUALITIES, circles.equal_chords, follows=True),
    Theorem("midsegment", Stage.EQUALITIES, triangles.midsegment, follows=True),
    Theorem("medians", Stage.EQUALITIES, triangles.medians, follows=True),
    Theorem("kite by its sides", Stage.EQUALITIES, polygons.equal_sides, follows=True),
    Theorem("congruent triangles", Stage.EQUALITIES, triangles.congruent, follows=True),
    Theorem("similar triangles", Stage.PROPORTIONS, triangles.similar, follows=True),
    Theorem("Pythagoras", Stage.PROPORTIONS, triangles.pythagoras, follows=True),
    Theorem("parallels in proportion", Stage.PROPORTIONS, lines.parallel_proportion),
    Theorem("angle bisector in proportion", Stage.PROPORTIONS, triangles.bisector_proportion, follows=True),
    Theorem("power of a point", Stage.PROPORTIONS, circles.power_of_a_point, follows=True),
    Theorem("trigonometry of a right triangle", Stage.PROPORTIONS, triangles.right_trigonometry, follows=True),
    Theorem("area", Stage.PROPORTIONS, polygons.area, follows=True),
    Theorem("areas of similar shapes", Stage.PROPORTIONS, polygons.similar_areas),
    Theorem("chord length", Stage.TRIGONOMETRY, circles.chord_length),
    Theorem("law of sines", Stage.TRIGONOMETRY, triangles.law_of_sines),
    Theorem("law of cosines", Stage.TRIGONOMETRY, triangles.law_of_cosines),
)
