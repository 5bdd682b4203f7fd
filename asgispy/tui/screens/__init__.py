"""Tasks of the user's, one file each."""
