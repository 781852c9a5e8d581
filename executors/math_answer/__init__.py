"""Whether an answer to a mathematical question is the right one: numbers, options, final lines, LaTeX.

Papers that say "accuracy" mean different rules; each stands here under its own name.
"""
