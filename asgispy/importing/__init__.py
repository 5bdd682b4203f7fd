"""Files of other formats as captures: recognised by what is in them, read, and written where screens look."""
