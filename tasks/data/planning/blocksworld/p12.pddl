(define (problem blocksworld-0-12)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4 b5 b6
)
(:init
(arm-empty)
(on-table b2)
(on b3 b2)
(clear b3)
(on-table b6)
(on b4 b6)
(on b5 b4)
(on b1 b5)
(clear b1)
)
(:goal (and
(on b6 b5)
(on b2 b4)
))
)
