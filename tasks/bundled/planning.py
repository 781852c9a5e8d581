"""Planning domains in our own words of PDDL, and seeded problems of each."""

from __future__ import annotations

from pathlib import Path

from tasks.planning_problems import generate

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

_GRIPPERS = """; Robots with two grippers each that carry balls between rooms.
(define (domain gripper-strips)
  (:requirements :strips :typing)
  (:types room object robot gripper)
  (:predicates (at-robby ?robot - robot ?room - room) (at ?ball - object ?room - room)
    (free ?robot - robot ?hand - gripper) (carry ?robot - robot ?ball - object ?hand - gripper))
  (:action move
    :parameters (?robot - robot ?here ?there - room)
    :precondition (at-robby ?robot ?here)
    :effect (and (at-robby ?robot ?there) (not (at-robby ?robot ?here))))
  (:action pick
    :parameters (?robot - robot ?ball - object ?room - room ?hand - gripper)
    :precondition (and (at ?ball ?room) (at-robby ?robot ?room) (free ?robot ?hand))
    :effect (and (carry ?robot ?ball ?hand) (not (at ?ball ?room)) (not (free ?robot ?hand))))
  (:action drop
    :parameters (?robot - robot ?ball - object ?room - room ?hand - gripper)
    :precondition (and (carry ?robot ?ball ?hand) (at-robby ?robot ?room))
    :effect (and (at ?ball ?room) (free ?robot ?hand) (not (carry ?robot ?ball ?hand)))))
"""

_TERMES = """; A robot that builds towers which it can only climb one block at a time.
(define (domain termes)
  (:requirements :typing :negative-preconditions)
  (:types numb position)
  (:predicates (height ?place - position ?n - numb) (at ?place - position) (has-block)
    (SUCC ?more ?less - numb) (NEIGHBOR ?here ?there - position) (IS-DEPOT ?place - position))
  (:action move
    :parameters (?here ?there - position ?n - numb)
    :precondition (and (at ?here) (NEIGHBOR ?here ?there) (height ?here ?n) (height ?there ?n))
    :effect (and (not (at ?here)) (at ?there)))
  (:action move-up
    :parameters (?here - position ?low - numb ?there - position ?high - numb)
    :precondition (and (at ?here) (NEIGHBOR ?here ?there) (height ?here ?low) (height ?there ?high) (SUCC ?high ?low))
    :effect (and (not (at ?here)) (at ?there)))
  (:action move-down
    :parameters (?here - position ?high - numb ?there - position ?low - numb)
    :precondition (and (at ?here) (NEIGHBOR ?here ?there) (height ?here ?high) (height ?there ?low) (SUCC ?high ?low))
    :effect (and (not (at ?here)) (at ?there)))
  (:action place-block
    :parameters (?here ?there - position ?before ?after - numb)
    :precondition (and (at ?here) (NEIGHBOR ?here ?there) (height ?here ?before) (height ?there ?before)
      (SUCC ?after ?before) (has-block) (not (IS-DEPOT ?there)))
    :effect (and (not (height ?there ?before)) (height ?there ?after) (not (has-block))))
  (:action remove-block
    :parameters (?here ?there - position ?before ?after - numb)
    :precondition (and (at ?here) (NEIGHBOR ?here ?there) (height ?here ?after) (height ?there ?before)
      (SUCC ?before ?after) (not (has-block)))
    :effect (and (not (height ?there ?before)) (height ?there ?after) (has-block)))
  (:action create-block
    :parameters (?place - position)
    :precondition (and (at ?place) (not (has-block)) (IS-DEPOT ?place))
    :effect (has-block))
  (:action destroy-block
    :parameters (?place - position)
    :precondition (and (at ?place) (has-block) (IS-DEPOT ?place))
    :effect (not (has-block))))
"""

_MOVE = """  (:action {name}
    :parameters (?robot - robot ?here ?there - tile)
    :precondition (and (robot-at ?robot ?here) ({name} ?there ?here) (clear ?there))
    :effect (and (robot-at ?robot ?there) (not (robot-at ?robot ?here)) (clear ?here) (not (clear ?there))
      (increase (total-cost) {cost})))
"""
_PAINT = """  (:action paint-{name}
    :parameters (?robot - robot ?tile ?here - tile ?colour - color)
    :precondition (and (robot-has ?robot ?colour) (robot-at ?robot ?here) ({name} ?tile ?here) (clear ?tile))
    :effect (and (not (clear ?tile)) (painted ?tile ?colour) (increase (total-cost) 2)))
"""
_FLOORTILE = (
    """; Robots that paint the tiles before and behind them and never step on paint.
(define (domain floor-tile)
  (:requirements :typing :action-costs)
  (:types robot tile color)
  (:predicates (robot-at ?robot - robot ?tile - tile) (up ?there ?here - tile) (down ?there ?here - tile)
    (right ?there ?here - tile) (left ?there ?here - tile) (clear ?tile - tile) (painted ?tile - tile ?colour - color)
    (robot-has ?robot - robot ?colour - color) (available-color ?colour - color))
  (:functions (total-cost))
  (:action change-color
    :parameters (?robot - robot ?old ?new - color)
    :precondition (and (robot-has ?robot ?old) (available-color ?new))
    :effect (and (not (robot-has ?robot ?old)) (robot-has ?robot ?new) (increase (total-cost) 5)))
"""
    + "".join(_PAINT.format(name=name) for name in ("up", "down"))
    + "".join(_MOVE.format(name=name, cost=cost) for name, cost in (("up", 3), ("down", 1), ("right", 1), ("left", 1)))
    + ")\n"
)

# Small ones: the whole suite is solved in seconds.
DOMAINS = {
    "blocksworld": (_BLOCKSWORLD, range(3, 7)),
    "grippers": (_GRIPPERS, range(2, 6)),
    "termes": (_TERMES, range(1, 3)),
    "floortile": (_FLOORTILE, range(2, 5)),
}


def write(root: Path) -> None:
    for name, (domain, sizes) in DOMAINS.items():
        folder = root / "planning" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "domain.pddl").write_text(domain, encoding="utf-8")
        for number, problem in enumerate(generate(name, 12, sizes), 1):
            (folder / f"p{number:02}.nl").write_text(problem.scene, encoding="utf-8")
            (folder / f"p{number:02}.pddl").write_text(problem.pddl, encoding="utf-8")
