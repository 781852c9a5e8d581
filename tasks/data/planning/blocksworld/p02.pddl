(define (problem blocksworld-0-2)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4
)
(:init
(arm-empty)
(on-table b3)
(clear b3)
(on-table b1)
(on b4 b1)
(clear b4)
(on-table b2)
(clear b2)
)
(:goal (and
(on b4 b1)
))
)
