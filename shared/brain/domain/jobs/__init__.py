"""Scheduled jobs: their steps and schedules, the flags that enable them, and the records of their runs."""
