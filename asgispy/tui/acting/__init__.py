"""What can be done with a connection: copying, saving, opening elsewhere, comparing. One file each."""
