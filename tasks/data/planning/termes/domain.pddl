; A robot that builds towers which it can only climb one block at a time.
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
