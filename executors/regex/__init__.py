"""Regular expressions in the language of dk.brics.automaton, compared by the languages they denote."""

from executors.regex.equivalence import Difference, difference, equivalence
from executors.regex.syntax import RegexSyntaxError, parse, untokenised

__all__ = ["Difference", "RegexSyntaxError", "difference", "equivalence", "parse", "untokenised"]
