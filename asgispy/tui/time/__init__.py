"""Time: the axis, bars and lanes on it, and what is counted over the whole capture for it. No widgets."""
