"""First-order logic: syntax, readers, printers, and the scores that compare two formulas."""
