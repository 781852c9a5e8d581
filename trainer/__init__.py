"""The trainer: the two supervised stages (Injection, Infusion) on the tasks' own training data."""
