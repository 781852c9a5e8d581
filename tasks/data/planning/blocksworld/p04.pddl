(define (problem blocksworld-0-4)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4 b5 b6
)
(:init
(arm-empty)
(on-table b3)
(on b1 b3)
(on b5 b1)
(clear b5)
(on-table b2)
(on b6 b2)
(clear b6)
(on-table b4)
(clear b4)
)
(:goal (and
(on b4 b1)
(on b5 b4)
(on b6 b5)
(on b2 b3)
))
)
