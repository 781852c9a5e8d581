"""One module a family of vectors: `judge` gives, for each case, the verdict on each of its binding fields."""
