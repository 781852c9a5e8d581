"""Logic-LM's own reading of its programs, flaws and all: to compare with figures that were made with it.

What `executors.logic_program` reads as logicians do, Logic-LM reads by a grammar without precedence (`formulas`) and
by forward chaining (`rules`). Source: Pan et al. 2023, teacherpeterpan/Logic-LLM at d29f1e5. Its random guess where a
program fails is left out: such an outcome has no value.
"""

from executors.logic_lm.formulas import run as run_formulas
from executors.logic_lm.rules import run as run_rules

__all__ = ["run_formulas", "run_rules"]
