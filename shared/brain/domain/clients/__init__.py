"""Clients, their alarm budgets, and the campaigns they plan."""
