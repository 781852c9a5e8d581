"""What a model may write at its worst, through every task: an outcome each, in time, and nothing touched."""
