"""One small application for each framework, with what it does most."""
