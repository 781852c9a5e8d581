"""Sweeps: many checkpoints, cut into units that are ordinary runs, on this machine or on a Ray cluster."""
