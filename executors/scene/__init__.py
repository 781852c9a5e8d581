"""Programs over scenes: CLEVR's functional programs and GQA's operations, run on scene graphs."""
