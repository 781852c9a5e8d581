"""What goes wrong with the jail itself, as opposed to a program in it."""

from __future__ import annotations


class IsolationError(RuntimeError):
    """This machine cannot isolate model-written programs; the message names what is missing. Nothing was run."""
