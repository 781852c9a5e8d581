(define (problem blocksworld-0-11)
(:domain blocksworld-4ops)
(:objects
b1 b2 b3 b4 b5
)
(:init
(arm-empty)
(on-table b1)
(on b5 b1)
(on b2 b5)
(clear b2)
(on-table b3)
(clear b3)
(on-table b4)
(clear b4)
)
(:goal (and
(on b5 b2)
(on b1 b4)
(on b3 b1)
))
)
