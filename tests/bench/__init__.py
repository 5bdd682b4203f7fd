"""Measures the budgets: `python -m tests.bench` prints the table. Ratios inside one run; nothing here is a test."""
