; Blocksworld with one arm and four actions.
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
