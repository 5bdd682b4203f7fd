"""The list: which connections it shows, in which order, and what stands in its columns. No widgets, no painting."""
