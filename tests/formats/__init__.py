"""What is exported, against its published schema."""
