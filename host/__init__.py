"""The other end of the line: sends sequences to a core on a board and reads its results."""
