; Robots with two grippers each that carry balls between rooms.
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
