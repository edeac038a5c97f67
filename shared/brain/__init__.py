"""The Brain's library: what the functions and the command line share."""
