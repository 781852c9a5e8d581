"""The picture that goes with a problem's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Position = tuple[float, float]


@dataclass(frozen=True)
class Diagram:
    """What is known about the picture besides the text: its forms, drawn segments, circles and point coordinates.

    `positions` may lack points; the coordinates' unit and handedness do not matter.
    """

    forms: tuple[str, ...] = ()
    segments: tuple[tuple[str, str], ...] = ()
    circles: tuple[str, ...] = ()
    positions: Mapping[str, Position] = field(default_factory=dict)
