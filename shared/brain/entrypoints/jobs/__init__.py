"""HTTP for schedules and tasks."""
