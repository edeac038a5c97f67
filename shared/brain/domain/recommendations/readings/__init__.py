"""Readings for a choice of moves, from stored daily sums: what a marketer's catalogue asks for and the sums can answer.

A change or a lift has a value only where its sign is established; otherwise it has an interval and no value, which a
trigger takes as unknown. What the sums do not carry is left out, and never 0.
"""
