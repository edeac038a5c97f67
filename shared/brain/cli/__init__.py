"""The ``brain`` command, on the same services as the functions."""
