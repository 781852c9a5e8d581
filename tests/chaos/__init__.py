"""Real runs disturbed on purpose: what a night can do to a run, and proof that nothing is lost by it."""
