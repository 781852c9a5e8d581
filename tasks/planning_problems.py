"""Planning problems of four domains made on demand: a description in our own words and the gold problem in PDDL.

Predicates, actions and the names of the domains are those of LLM+P's files (Cranial-XIX/llm-pddl), so that a problem
made here is solved with the official domain as well as with our own. Every problem has a plan: Blocksworld and
Grippers by their nature, Termes and Floortile as far as a planner proves it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class GeneratedProblem:
    """`objects` counts the problem's objects, whatever their type."""

    name: str
    scene: str
    pddl: str
    objects: int


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _pddl(name: str, domain: str, objects: str, facts: list[str], goals: list[str], metric: str = "") -> str:
    facts_text, goals_text = "\n".join(facts), "\n".join(goals)
    return (
        f"(define (problem {name})\n(:domain {domain})\n(:objects {objects})\n(:init\n{facts_text}\n)\n"
        f"(:goal (and\n{goals_text}\n)){metric}\n)\n"
    )


def blocksworld(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """`size` blocks in towers that are to become other towers."""
    blocks = [f"b{index + 1}" for index in range(size)]
    start = _towers(draw, blocks)
    standing = {pair for tower in start for pair in itertools.pairwise(tower)}
    wanted: list[tuple[str, str]] = []
    while standing.issuperset(wanted):
        wanted = [pair for tower in _towers(draw, blocks) for pair in itertools.pairwise(tower)]
    lines = [f"There are {size} blocks and an arm that holds nothing."]
    facts = ["(arm-empty)"]
    for tower in start:
        lines.append(f"Block {tower[0]} stands on the table.")
        lines += [f"Block {upper} sits on block {lower}." for lower, upper in itertools.pairwise(tower)]
        lines.append(f"Nothing is on block {tower[-1]}.")
        facts += [f"(on-table {tower[0]})", *(f"(on {upper} {lower})" for lower, upper in itertools.pairwise(tower))]
        facts.append(f"(clear {tower[-1]})")
    lines.append("In the end, " + " and ".join(f"{upper} must be on {lower}" for lower, upper in wanted) + ".")
    goals = [f"(on {upper} {lower})" for lower, upper in wanted]
    pddl = _pddl(name, "blocksworld-4ops", " ".join(blocks), facts, goals)
    return GeneratedProblem(name, "\n".join(lines) + "\n", pddl, size)


def _towers(draw: random.Random, blocks: list[str]) -> list[list[str]]:
    """The blocks in some towers, each from bottom to top."""
    towers: list[list[str]] = []
    for block in draw.sample(blocks, len(blocks)):
        place = draw.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([])
        towers[place].append(block)
    return towers


def grippers(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """`size` balls to be carried between rooms by robots with two grippers each."""
    robots = [f"robot{index + 1}" for index in range(max(1, min(4, size // 2)))]
    rooms = [f"room{index + 1}" for index in range(max(2, min(6, size)))]
    balls = [f"ball{index + 1}" for index in range(size)]
    places = {thing: draw.choice(rooms) for thing in (*robots, *balls)}
    targets = {ball: draw.choice([room for room in rooms if room != places[ball]]) for ball in balls}
    hands = {robot: (f"rgripper{index + 1}", f"lgripper{index + 1}") for index, robot in enumerate(robots)}
    lines = [
        f"{len(balls)} balls lie in a house of {len(rooms)} rooms, and {len(robots)} robots with a left and a right "
        "gripper, all empty, are to tidy up.",
        *(f"{robot} waits in {places[robot]}." for robot in robots),
        *(f"{ball} lies in {places[ball]}." for ball in balls),
        *(f"Bring {ball} to {target}." for ball, target in targets.items()),
    ]
    facts = [f"(at-robby {robot} {places[robot]})" for robot in robots]
    facts += [f"(free {robot} {hand})" for robot, pair in hands.items() for hand in pair]
    facts += [f"(at {ball} {places[ball]})" for ball in balls]
    typed = [
        f"{' '.join(names)} - {kind}"
        for names, kind in (
            (robots, "robot"),
            ([hand for pair in hands.values() for hand in pair], "gripper"),
            (rooms, "room"),
            (balls, "object"),
        )
    ]
    goals = [f"(at {ball} {target})" for ball, target in targets.items()]
    pddl = _pddl(name, "gripper-strips", "\n".join(typed), facts, goals)
    count = 3 * len(robots) + len(rooms) + len(balls)
    return GeneratedProblem(name, "\n".join(lines) + "\n", pddl, count)


def termes(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """Towers of up to `size` blocks to be built on a grid of four rows and three columns, from a depot at its edge."""
    rows, columns = 4, 3
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    depot = (draw.randrange(1, rows - 1), 0)
    sites = draw.sample([cell for cell in cells if cell != depot and not _touches(cell, depot)], 1 + draw.randrange(2))
    heights = {site: max(1, size - draw.randrange(2) * place) for place, site in enumerate(sites)}
    highest = max(heights.values())
    lines = [
        f"A robot builds with blocks on a floor of {rows} rows and {columns} columns of places, pos-0-0 to "
        f"pos-{rows - 1}-{columns - 1}, named by row and column; it moves between places that share a side.",
        f"It stands at {_position(depot)}, where the depot for new blocks is. No place has a block yet, and none may "
        f"have more than {highest}.",
        "In the end "
        + _listed([f"{height} blocks must stand at {_position(site)}" for site, height in heights.items()])
        + ", nothing anywhere else, and the robot must carry no block.",
    ]
    facts = [f"(height {_position(cell)} n0)" for cell in cells] + [f"(at {_position(depot)})"]
    facts += [f"(SUCC n{number + 1} n{number})" for number in range(highest)]
    facts += [f"(NEIGHBOR {_position(a)} {_position(b)})" for a in cells for b in cells if _touches(a, b)]
    facts.append(f"(IS-DEPOT {_position(depot)})")
    goals = [f"(height {_position(cell)} n{heights.get(cell, 0)})" for cell in cells] + ["(not (has-block))"]
    numbers = " ".join(f"n{number}" for number in range(highest + 1))
    objects = f"{numbers} - numb\n{' '.join(map(_position, cells))} - position"
    pddl = _pddl(name, "termes", objects, facts, goals)
    return GeneratedProblem(name, "\n".join(lines) + "\n", pddl, len(cells) + highest + 1)


def _position(cell: Cell) -> str:
    return f"pos-{cell[0]}-{cell[1]}"


def _touches(first: Cell, second: Cell) -> bool:
    return abs(first[0] - second[0]) + abs(first[1] - second[1]) == 1


def floortile(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """A floor of `size` columns and two rows (and one that stays bare), to be painted like a chessboard.

    Wide and not deep: in narrow floors robots paint themselves in, and no planner here gets far.
    """
    rows = 2
    tiles = [(row, column) for row in range(rows + 1) for column in range(1, size + 1)]
    robots = [f"robot{index + 1}" for index in range(2)]
    stands = dict(zip(robots, draw.sample(tiles, len(robots)), strict=True))
    colours = ("white", "black")
    pattern = {(row, column): colours[(row + column) % 2] for row, column in tiles if row}
    lines = [
        f"A floor has {rows + 1} rows of {size} tiles, tile_0-1 to tile_{rows}-{size}, named by row and column; "
        "up leads to the row before. No tile is painted.",
        *(
            f"{robot} stands on {_tile(stands[robot])} with {colours[index]} in its gun."
            for index, robot in enumerate(robots)
        ),
        "White and black paint are there for both.",
        "Paint " + _listed([f"{_tile(tile)} {colour}" for tile, colour in pattern.items()]) + ".",
    ]
    facts = ["(= (total-cost) 0)"]
    for index, robot in enumerate(robots):
        facts += [f"(robot-at {robot} {_tile(stands[robot])})", f"(robot-has {robot} {colours[index]})"]
    facts += [f"(available-color {colour})" for colour in colours]
    facts += [f"(clear {_tile(tile)})" for tile in tiles if tile not in stands.values()]
    for relation, (down, right) in {"up": (1, 0), "down": (-1, 0), "right": (0, 1), "left": (0, -1)}.items():
        facts += [
            f"({relation} {_tile((row + down, column + right))} {_tile((row, column))})"
            for row, column in tiles
            if (row + down, column + right) in tiles
        ]
    goals = [f"(painted {_tile(tile)} {colour})" for tile, colour in pattern.items()]
    objects = f"{' '.join(map(_tile, tiles))} - tile\n{' '.join(robots)} - robot\n{' '.join(colours)} - color"
    pddl = _pddl(name, "floor-tile", objects, facts, goals, "\n(:metric minimize (total-cost))")
    return GeneratedProblem(name, "\n".join(lines) + "\n", pddl, len(tiles) + len(robots) + len(colours))


def _tile(tile: Cell) -> str:
    return f"tile_{tile[0]}-{tile[1]}"


MAKERS: Mapping[str, Callable[[str, random.Random, int], GeneratedProblem]] = {
    "blocksworld": blocksworld,
    "grippers": grippers,
    "termes": termes,
    "floortile": floortile,
}


def generate(domain: str, count: int, sizes: range, seed: int = 0) -> Iterator[GeneratedProblem]:
    """`count` problems of a domain, their sizes going round `sizes`; the same seed makes the same problems."""
    draw = random.Random(f"{domain} {seed}")
    for number in range(count):
        yield MAKERS[domain](f"{domain}-{seed}-{number + 1}", draw, sizes[number % len(sizes)])
