"""Benchmarks, run by `make bench` and its siblings; none of them is a test."""
