"""Planning: PDDL parsed, solved by planners, and plans validated.

`validate` judges a plan, `solve` finds one, `plan_prediction` scores a predicted problem (LLM+P), and
`problem_equivalent` compares two problems.
"""

from executors.pddl.equivalence import problem_equivalent
from executors.pddl.planner import PlanCache, solve
from executors.pddl.prediction import plan_prediction
from executors.pddl.reading import PddlError
from executors.pddl.syntax import parse_domain, parse_problem
from executors.pddl.validator import validate

__all__ = [
    "PddlError",
    "PlanCache",
    "parse_domain",
    "parse_problem",
    "plan_prediction",
    "problem_equivalent",
    "solve",
    "validate",
]
