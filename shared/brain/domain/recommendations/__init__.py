"""Next best moves: what a marketer can do this week, why, how sure, and with what probability it was shown."""
