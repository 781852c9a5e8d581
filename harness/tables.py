"""A table of texts, and its forms: Markdown, LaTeX and the terminal's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from executors.outcome import one_line

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


class Format(StrEnum):
    """What a command prints its tables as."""

    TABLE = "table"
    MARKDOWN = "md"
    CSV = "csv"
    JSON = "json"
    LATEX = "latex"


_LONGEST_CELL = 10_000

_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "−": "$-$",
    "→": r"$\to$",
    "·": r"$\cdot$",
    "≥": r"$\geq$",
}
_LATEX_TABLE = str.maketrans(_LATEX)


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of texts under `heads`; the first `labels` columns are words, the others figures. `quiet` rows stand back
    (published figures among ours).
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1
    quiet: frozenset[int] = frozenset()

    def markdown(self) -> str:
        """A pipe table under a heading of the second level."""
        rules = [":---" if column < self.labels else "---:" for column in range(len(self.heads))]
        lines = [_pipes(map(_escaped, line)) for line in (self.heads, rules, *self._printable())]
        return "\n".join([f"## {self.title}", "", *lines, ""])

    def latex(self) -> str:
        """A `table` environment of booktabs rules."""
        columns = "l" * self.labels + "r" * (len(self.heads) - self.labels)
        head, *body = [
            " & ".join(cell.translate(_LATEX_TABLE) for cell in line) + r" \\"
            for line in (self.heads, *self._printable())
        ]
        lines = [
            r"\begin{table}",
            rf"\caption{{{self.title.translate(_LATEX_TABLE)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
        ]
        lines += [r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
        return "\n".join(lines)

    def _printable(self) -> list[list[str]]:
        """The rows without control characters: names come from run folders, perhaps a stranger's."""
        return [[one_line(cell, _LONGEST_CELL) for cell in row] for row in self.rows]

    def rich(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(title=self.title, title_justify="left")
        for column, head in enumerate(self.heads):
            table.add_column(Text(head), justify="left" if column < self.labels else "right", overflow="fold")
        for number, row in enumerate(self._printable()):
            table.add_row(*map(Text, row), style="dim" if number in self.quiet else "")
        return table


def _pipes(cells: Sequence[str] | map[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def percent(value: float) -> str:
    """A value in [0, 1] as printed: x100."""
    return f"{100 * value:.2f}"


def p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def csv(frame: pd.DataFrame) -> str:
    """Comma-separated values. A text that a spreadsheet would take for a formula stands behind an apostrophe."""
    texts = frame.select_dtypes(include=["object", "string"]).columns
    safe = frame.assign(**{name: frame[name].map(_no_formula, na_action="ignore") for name in texts})
    written: str = safe.to_csv(index=False, lineterminator="\n")
    return written


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
