"""Executors: each runs programs of one language against a context and answers an `Outcome`."""
