"""What needs torch is collected in the trainer's environment only: `make test-train`."""

from __future__ import annotations

import importlib.util

collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else ["test_training.py", "test_embedding_geometry.py", "test_likelihood.py", "test_reproduction.py"]
)
