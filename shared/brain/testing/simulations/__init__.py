"""Simulated clients, senders and shops with known effects, each reproducible from a seed."""
