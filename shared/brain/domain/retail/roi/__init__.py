"""What decisions earned: sales as they came beside sales as they would have been, with how sure that is."""
