"""What the tabs of a connection say: pure builders from recorded data to outlines and rows. No widgets, no painting."""
