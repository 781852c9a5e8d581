"""Tasks: where samples come from, how they are asked, how the answer is cut out and how it is scored."""
