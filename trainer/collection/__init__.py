"""The Symbolic Collection and the general instructions beside it, as one seeded mix with a manifest."""
