"""Where calls come in: HTTP, schedules, tasks; they translate and hold no business rules."""
