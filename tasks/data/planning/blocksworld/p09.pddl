(define (problem blocksworld-0-9)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3
)
(:init
(arm-empty)
(on-table b3)
(clear b3)
(on-table b2)
(on b1 b2)
(clear b1)
)
(:goal (and
(on b2 b1)
))
)
