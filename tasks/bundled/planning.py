"""Planning domains and seeded problems, described in words of our own."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

_BLOCKSWORLD = """; Blocksworld with one arm and four actions.
(define (domain blocksworld-4ops)
  (:requirements :strips)
  (:predicates (clear ?x) (on-table ?x) (arm-empty) (holding ?x) (on ?x ?y))
  (:action pickup
    :parameters (?block)
    :precondition (and (clear ?block) (on-table ?block) (arm-empty))
    :effect (and (holding ?block) (not (clear ?block)) (not (on-table ?block)) (not (arm-empty))))
  (:action putdown
    :parameters (?block)
    :precondition (holding ?block)
    :effect (and (clear ?block) (on-table ?block) (arm-empty) (not (holding ?block))))
  (:action stack
    :parameters (?block ?below)
    :precondition (and (holding ?block) (clear ?below))
    :effect (and (on ?block ?below) (clear ?block) (arm-empty) (not (holding ?block)) (not (clear ?below))))
  (:action unstack
    :parameters (?block ?below)
    :precondition (and (on ?block ?below) (clear ?block) (arm-empty))
    :effect (and (holding ?block) (clear ?below) (not (on ?block ?below)) (not (clear ?block)) (not (arm-empty)))))
"""


def write_blocksworld(folder: Path) -> None:
    """The domain and 12 seeded problems of 3 to 6 blocks, described in words of our own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "domain.pddl").write_text(_BLOCKSWORLD, encoding="utf-8")
    draw = random.Random(4)
    for number in range(1, 13):
        blocks = [f"b{index + 1}" for index in range(3 + number % 4)]
        start, goal = _towers(draw, blocks), _towers(draw, blocks)
        wanted = [(upper, lower) for tower in goal for lower, upper in itertools.pairwise(tower)]
        wanted = wanted or [(blocks[0], blocks[1])]
        (folder / f"p{number:02}.nl").write_text(_scene(start, wanted), encoding="utf-8")
        (folder / f"p{number:02}.pddl").write_text(_problem(number, blocks, start, wanted), encoding="utf-8")


def _towers(draw: random.Random, blocks: list[str]) -> list[list[str]]:
    """The blocks in some towers, each from bottom to top."""
    towers: list[list[str]] = []
    for block in draw.sample(blocks, len(blocks)):
        place = draw.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([])
        towers[place].append(block)
    return towers


def _scene(start: list[list[str]], wanted: list[tuple[str, str]]) -> str:
    lines = [f"There are {sum(map(len, start))} blocks and an arm that holds nothing."]
    for bottom, *others in start:
        lines.append(f"Block {bottom} stands on the table.")
        lines += [f"Block {upper} sits on block {lower}." for lower, upper in itertools.pairwise([bottom, *others])]
        lines.append(f"Nothing is on block {[bottom, *others][-1]}.")
    lines.append("In the end, " + " and ".join(f"{upper} must be on {lower}" for upper, lower in wanted) + ".")
    return "\n".join(lines) + "\n"


def _problem(number: int, blocks: list[str], start: list[list[str]], wanted: list[tuple[str, str]]) -> str:
    facts = ["(arm-empty)"]
    for tower in start:
        facts += [f"(on-table {tower[0]})", *(f"(on {upper} {lower})" for lower, upper in itertools.pairwise(tower))]
        facts.append(f"(clear {tower[-1]})")
    goals = " ".join(f"(on {upper} {lower})" for upper, lower in wanted)
    return (
        f"(define (problem mini-{number})\n(:domain blocksworld-4ops)\n(:objects {' '.join(blocks)})\n"
        f"(:init {' '.join(facts)})\n(:goal (and {goals})))\n"
    )


def write(root: Path) -> None:
    write_blocksworld(root / "planning" / "blocksworld")
