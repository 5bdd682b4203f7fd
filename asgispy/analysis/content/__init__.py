"""Recorded bodies and messages decoded into structured content: pure, bounded, and never raising."""
