(define (problem blocksworld-0-10)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4
)
(:init
(arm-empty)
(on-table b1)
(on b3 b1)
(on b2 b3)
(clear b2)
(on-table b4)
(clear b4)
)
(:goal (and
(on b4 b3)
))
)
