"""Typed access to documents, written once over the ports."""
