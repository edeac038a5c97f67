"""What the hourly, daily and weekly jobs do for one client: scores, incidents, learning, advice, reports."""
