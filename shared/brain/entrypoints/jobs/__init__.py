"""HTTP handlers of schedules and tasks."""
