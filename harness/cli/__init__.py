"""The command `symharness`.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import sys

import typer

from harness.cli import looking_up, reporting, running

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Serve a checkpoint through vLLM and score the symbols it writes by executing them.",
)
for part in (running, looking_up, reporting):
    app.add_typer(part.commands)


def main() -> None:
    """Entry point: a user's mistake, or a disk that takes no more, is one line and exit code 2."""
    from harness.config import UserError

    try:
        app()
    except UserError as error:
        message = str(error)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        message = f"{error.filename or 'output'}: {error.strerror}; make room and run the same command again"
    typer.echo(f"symharness: {message}", err=True)
    sys.exit(2)
