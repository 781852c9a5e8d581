; Robots that paint the tiles before and behind them and never step on paint.
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
  (:action paint-up
    :parameters (?robot - robot ?tile ?here - tile ?colour - color)
    :precondition (and (robot-has ?robot ?colour) (robot-at ?robot ?here) (up ?tile ?here) (clear ?tile))
    :effect (and (not (clear ?tile)) (painted ?tile ?colour) (increase (total-cost) 2)))
  (:action paint-down
    :parameters (?robot - robot ?tile ?here - tile ?colour - color)
    :precondition (and (robot-has ?robot ?colour) (robot-at ?robot ?here) (down ?tile ?here) (clear ?tile))
    :effect (and (not (clear ?tile)) (painted ?tile ?colour) (increase (total-cost) 2)))
  (:action up
    :parameters (?robot - robot ?here ?there - tile)
    :precondition (and (robot-at ?robot ?here) (up ?there ?here) (clear ?there))
    :effect (and (robot-at ?robot ?there) (not (robot-at ?robot ?here)) (clear ?here) (not (clear ?there))
      (increase (total-cost) 3)))
  (:action down
    :parameters (?robot - robot ?here ?there - tile)
    :precondition (and (robot-at ?robot ?here) (down ?there ?here) (clear ?there))
    :effect (and (robot-at ?robot ?there) (not (robot-at ?robot ?here)) (clear ?here) (not (clear ?there))
      (increase (total-cost) 1)))
  (:action right
    :parameters (?robot - robot ?here ?there - tile)
    :precondition (and (robot-at ?robot ?here) (right ?there ?here) (clear ?there))
    :effect (and (robot-at ?robot ?there) (not (robot-at ?robot ?here)) (clear ?here) (not (clear ?there))
      (increase (total-cost) 1)))
  (:action left
    :parameters (?robot - robot ?here ?there - tile)
    :precondition (and (robot-at ?robot ?here) (left ?there ?here) (clear ?there))
    :effect (and (robot-at ?robot ?there) (not (robot-at ?robot ?here)) (clear ?here) (not (clear ?there))
      (increase (total-cost) 1)))
)
