"""Checkpoints of one training over its steps: curves, what changed since the first and until the last step, and what
the best of many checkpoints is worth.
"""
