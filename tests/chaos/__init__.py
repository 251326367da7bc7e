"""Tickets are posted while everything around them breaks, one after the other; `make chaos` is the long run."""
