"""Measurements as commands (`make bench-webhooks`); none of them is a test."""
