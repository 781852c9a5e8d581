"""A run in the forms of other tools: lm-eval's files, Parquet, a model card, and experiment trackers.

Each form is one module with one function `export(run, ...)`; the libraries of forms that not everybody uses are extras,
asked for when the form is.
"""
