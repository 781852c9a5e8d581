"""Planning problems of four domains made on demand: a description in our own words and the gold problem in PDDL.

Predicates, actions and the names of the domains are those of LLM+P's files (Cranial-XIX/llm-pddl), so that a problem
made here is solved with the official domain as well as with our own. Every problem has a plan by construction:

* Blocksworld: all blocks can be laid on the table, and any towers built from there.
* Grippers: every robot reaches every room.
* Floortile: all robots can go down to the row that stays bare, which has more tiles than there are robots; from there
  the rows are painted from the last to the first, each from the row below.
* Termes: from the depot to each tower leads a way past all other towers that has as many steps as the tower blocks:
  room for a ramp, which can be taken away again.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Cell = tuple[int, int]  # row, column


@dataclass(frozen=True, slots=True)
class GeneratedProblem:
    """`objects` counts the problem's objects, whatever their type."""

    name: str
    scene: str
    pddl: str
    objects: int


def generate(domain: str, count: int, sizes: range, seed: int = 0) -> Iterator[GeneratedProblem]:
    """`count` problems of a domain, their sizes going round `sizes`; the same seed makes the same problems.

    The makers say what a size means. Raises KeyError where the domain is none of `MAKERS`.
    """
    draw = random.Random(f"{domain} {seed}")
    for number in range(count):
        yield MAKERS[domain](f"{domain}-{seed}-{number + 1}", draw, sizes[number % len(sizes)])


def blocksworld(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """`size` blocks (at least 2) in towers that are to become other towers."""
    blocks = [f"b{index + 1}" for index in range(size)]
    start, goal = _towers(draw, blocks), _towers(draw, blocks)
    wanted = [pair for tower in goal for pair in itertools.pairwise(tower)] or [(blocks[0], blocks[1])]
    sits = draw.choice(("sits on", "rests on", "has been put on"))
    lines = [
        draw.choice(
            (
                f"There are {size} blocks and an arm that holds nothing.",
                f"An empty arm stands ready before {size} blocks.",
                f"{size} blocks are within reach of an arm, which is free.",
            )
        )
    ]
    facts = ["(arm-empty)"]
    for tower in start:
        lines.append(f"Block {tower[0]} stands on the table.")
        lines += [f"Block {upper} {sits} block {lower}." for lower, upper in itertools.pairwise(tower)]
        lines.append(f"Nothing is on block {tower[-1]}.")
        facts += [f"(on-table {tower[0]})", *(f"(on {upper} {lower})" for lower, upper in itertools.pairwise(tower))]
        facts.append(f"(clear {tower[-1]})")
    opening = draw.choice(("In the end,", "When all is done,", "Rearrange them:"))
    lines.append(f"{opening} {_listed([f'{upper} must be on {lower}' for lower, upper in wanted])}.")
    goals = [f"(on {upper} {lower})" for lower, upper in wanted]
    return _problem(name, "blocksworld-4ops", lines, {"": blocks}, facts, goals)


def _towers(draw: random.Random, blocks: Sequence[str]) -> list[list[str]]:
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
    robots = [f"robot{index + 1}" for index in range(draw.randint(1, min(4, size)))]
    rooms = [f"room{index + 1}" for index in range(draw.randint(2, max(3, min(6, size))))]
    balls = [f"ball{index + 1}" for index in range(size)]
    places = {thing: draw.choice(rooms) for thing in (*robots, *balls)}
    targets = {ball: draw.choice([room for room in rooms if room != places[ball]]) for ball in balls}
    hands = {robot: (f"rgripper{index + 1}", f"lgripper{index + 1}") for index, robot in enumerate(robots)}
    bring = draw.choice(("Bring {} to {}.", "{} belongs in {}.", "Carry {} to {}."))
    lines = [
        f"{_count(len(balls), 'ball')} and {_count(len(robots), 'robot')} are in a house of {len(rooms)} rooms.",
        "Each robot has a left and a right gripper, all of them empty.",
        *(f"{robot} {draw.choice(('waits', 'stands'))} in {places[robot]}." for robot in robots),
        *(f"{ball} lies in {places[ball]}." for ball in balls),
        *(bring.format(ball, target) for ball, target in targets.items()),
    ]
    facts = [f"(at-robby {robot} {places[robot]})" for robot in robots]
    facts += [f"(free {robot} {hand})" for robot, pair in hands.items() for hand in pair]
    facts += [f"(at {ball} {places[ball]})" for ball in balls]
    objects = {"robot": robots, "gripper": [hand for pair in hands.values() for hand in pair]}
    objects |= {"room": rooms, "object": balls}
    goals = [f"(at {ball} {target})" for ball, target in targets.items()]
    return _problem(name, "gripper-strips", lines, objects, facts, goals)


def termes(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """`size` towers (at most 5) of up to four blocks on four rows and three columns, with the depot at the edge."""
    rows, columns = 4, 3
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    depot = (draw.randrange(rows), 0)
    ways: dict[Cell, int] = {}
    while 0 in ways.values() or not ways:
        sites = sorted(draw.sample([cell for cell in cells if cell != depot], size))
        ways = {site: _longest_way(depot, site, {*cells} - {*sites}) for site in sites}
    heights = {site: min(draw.randint(2, 4), way) for site, way in ways.items()}
    highest = max(heights.values())
    lines = [
        f"A robot builds with blocks on a floor of {rows} rows and {columns} columns of places, pos-0-0 to "
        f"pos-{rows - 1}-{columns - 1}, named by row and column; it moves between places that share a side.",
        f"It stands at {_position(depot)}, where the depot for new blocks is.",
        f"No place has a block yet, and none may {draw.choice(('have more than', 'ever hold more than'))} {highest}.",
        "In the end "
        + _listed([f"{height} blocks must stand at {_position(site)}" for site, height in heights.items()])
        + ", nothing anywhere else, and the robot must carry no block.",
    ]
    facts = [f"(height {_position(cell)} n0)" for cell in cells] + [f"(at {_position(depot)})"]
    facts += [f"(SUCC n{number + 1} n{number})" for number in range(highest)]
    facts += [f"(NEIGHBOR {_position(a)} {_position(b)})" for a in cells for b in cells if _touches(a, b)]
    facts.append(f"(IS-DEPOT {_position(depot)})")
    goals = [f"(height {_position(cell)} n{heights.get(cell, 0)})" for cell in cells] + ["(not (has-block))"]
    objects = {"numb": [f"n{number}" for number in range(highest + 1)], "position": [_position(cell) for cell in cells]}
    return _problem(name, "termes", lines, objects, facts, goals)


def _longest_way(start: Cell, end: Cell, free: set[Cell]) -> int:
    """The steps of the longest way from `start` to `end` over `free` places, none of them twice; 0 without a way."""
    rest = free - {start}
    onward = [_longest_way(cell, end, rest) for cell in rest if _touches(start, cell)]
    return max([int(_touches(start, end)), *(steps + 1 for steps in onward if steps)])


def _position(cell: Cell) -> str:
    return f"pos-{cell[0]}-{cell[1]}"


def _touches(first: Cell, second: Cell) -> bool:
    return abs(first[0] - second[0]) + abs(first[1] - second[1]) == 1


def floortile(name: str, draw: random.Random, size: int) -> GeneratedProblem:
    """A floor of two or three rows to be painted and one that stays bare, of `size` columns (at least 2)."""
    last = draw.choice((2, 3)) if size < 6 else 2  # wide floors of three rows take planners minutes
    robots = [f"robot{index + 1}" for index in range(draw.randint(1, min(3, size - 1)))]
    tiles = [(row, column) for row in range(last + 1) for column in range(1, size + 1)]
    stands = dict(zip(robots, draw.sample(tiles, len(robots)), strict=True))
    colours = ("white", "black")
    guns = {robot: colours[index % 2] for index, robot in enumerate(robots)}
    pattern = {cell: colours[sum(cell) % 2] if size % 2 else draw.choice(colours) for cell in tiles if cell[0]}
    lines = [
        f"A floor has {last + 1} rows of {size} tiles, {_tile(tiles[0])} to {_tile(tiles[-1])}, named by row and "
        "column; up from a row is the row with the next higher number, right the next higher column.",
        draw.choice(("No tile is painted yet.", "All tiles are still bare.")),
        *(f"{robot} stands on {_tile(stands[robot])} with {colour} in its gun." for robot, colour in guns.items()),
        f"White and black paint are there{' for all robots' if len(robots) > 1 else ''}.",
        "Paint " + _listed([f"{_tile(cell)} {colour}" for cell, colour in pattern.items()]) + ".",
    ]
    facts = ["(= (total-cost) 0)"]
    for robot, colour in guns.items():
        facts += [f"(robot-at {robot} {_tile(stands[robot])})", f"(robot-has {robot} {colour})"]
    facts += [f"(available-color {colour})" for colour in colours]
    facts += [f"(clear {_tile(cell)})" for cell in tiles if cell not in stands.values()]
    for relation, (down, right) in {"up": (1, 0), "down": (-1, 0), "right": (0, 1), "left": (0, -1)}.items():
        facts += [
            f"({relation} {_tile((row + down, column + right))} {_tile((row, column))})"
            for row, column in tiles
            if (row + down, column + right) in tiles
        ]
    goals = [f"(painted {_tile(cell)} {colour})" for cell, colour in pattern.items()]
    objects = {"tile": [_tile(cell) for cell in tiles], "robot": robots, "color": colours}
    return _problem(name, "floor-tile", lines, objects, facts, goals, "\n(:metric minimize (total-cost))")


def _tile(cell: Cell) -> str:
    return f"tile_{cell[0]}-{cell[1]}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number > 1 else ''}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _problem(
    name: str,
    domain: str,
    lines: Sequence[str],
    objects: Mapping[str, Sequence[str]],
    facts: Sequence[str],
    goals: Sequence[str],
    metric: str = "",
) -> GeneratedProblem:
    """`objects` by type, the empty one for a domain without types."""
    typed = [f"{' '.join(names)} - {kind}" if kind else " ".join(names) for kind, names in objects.items()]
    sections = ("\n".join(part) for part in (typed, facts, goals))
    pddl = "(define (problem {})\n(:domain {})\n(:objects\n{}\n)\n(:init\n{}\n)\n(:goal (and\n{}\n)){}\n)\n".format(
        name, domain, *sections, metric
    )
    return GeneratedProblem(name, "".join(f"{line}\n" for line in lines), pddl, sum(map(len, objects.values())))


MAKERS: Mapping[str, Callable[[str, random.Random, int], GeneratedProblem]] = {
    "blocksworld": blocksworld,
    "termes": termes,
    "floortile": floortile,
    "grippers": grippers,
}
