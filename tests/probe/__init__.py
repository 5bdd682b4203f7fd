"""The middleware and what carries its events, in this very process."""
