"""Small statistical tools, each named by the field's word for it and by its source."""
