"""Real frameworks under real servers."""
