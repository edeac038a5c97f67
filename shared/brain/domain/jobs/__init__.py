"""Scheduled runs: when they are due, who has them switched on, and what a run's record holds."""
