"""Benchmarks: b24orm beside the clients that people use today, on one local portal.

Run them with ``python -m tests.benchmarks``; they are no tests and need only the test extra.
"""
