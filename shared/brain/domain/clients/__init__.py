"""Clients and the campaigns they plan."""
