(define (problem blocksworld-0-6)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4
)
(:init
(arm-empty)
(on-table b2)
(on b4 b2)
(on b1 b4)
(on b3 b1)
(clear b3)
)
(:goal (and
(on b1 b2)
(on b3 b1)
))
)
