"""The harness: serves a model, asks it the tasks' questions, has the answers executed, and keeps the records."""
