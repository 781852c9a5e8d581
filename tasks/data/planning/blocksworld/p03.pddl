(define (problem blocksworld-0-3)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4 b5
)
(:init
(arm-empty)
(on-table b3)
(on b5 b3)
(on b2 b5)
(on b1 b2)
(clear b1)
(on-table b4)
(clear b4)
)
(:goal (and
(on b4 b1)
(on b3 b4)
(on b2 b5)
))
)
