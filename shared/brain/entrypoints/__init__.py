"""Entry points for HTTP requests, schedules and tasks; they translate and contain no business rules."""
