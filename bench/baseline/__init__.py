"""The baseline: the original's API on the original's stack, in its best form."""
