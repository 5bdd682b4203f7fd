"""What differs between two texts, sets of pairs or pieces of data: for the screen, and for replays. Pure."""
