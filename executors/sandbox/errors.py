"""What goes wrong with the jail itself, as opposed to a program in it."""

from __future__ import annotations


class JailLostError(Exception):
    """The jail died under its caller (killed from outside, out of memory): nothing is known of the program."""


class IsolationError(RuntimeError):
    """This machine cannot isolate model-written programs; the message names what is missing. Nothing was run."""
