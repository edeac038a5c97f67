"""What the scheduled jobs do for one client: scores, incidents, outcomes, learning, predictions, advice and reports."""
