"""Scheduled work: dispatch, leases, exactly-once runs, and tasks that are given up."""
