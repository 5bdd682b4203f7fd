"""What only a tool inside the process can tell: applications that have each problem, and their healthy twins."""
