(define (problem blocksworld-0-1)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3
)
(:init
(arm-empty)
(on-table b2)
(on b1 b2)
(clear b1)
(on-table b3)
(clear b3)
)
(:goal (and
(on b2 b3)
(on b1 b2)
))
)
