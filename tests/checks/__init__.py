"""The rules: each with what breaks it, and a near-identical twin that does not."""
