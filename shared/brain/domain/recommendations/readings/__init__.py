"""Readings for a choice of moves, from stored daily sums: the metrics of the catalogue that the sums cover.

A change or a lift has a value only if its sign is significant; otherwise it has an interval and no value, which a
trigger treats as unknown. Metrics that the sums do not cover are left out, never reported as 0.
"""
