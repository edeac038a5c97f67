"""Implementations of the ports, one external library each."""
