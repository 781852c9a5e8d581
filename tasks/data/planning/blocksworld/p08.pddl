(define (problem blocksworld-0-8)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4 b5 b6
)
(:init
(arm-empty)
(on-table b4)
(on b5 b4)
(on b3 b5)
(clear b3)
(on-table b2)
(on b1 b2)
(clear b1)
(on-table b6)
(clear b6)
)
(:goal (and
(on b5 b6)
(on b2 b5)
(on b1 b2)
))
)
