"""The tests mirror the packages; `oracles` holds the agreement with official scorers, `e2e` a real served model."""
