"""Chaos test: posts tickets while each dependency fails in turn. `make chaos` is the long run."""
