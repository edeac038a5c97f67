"""Small statistical methods, one per module, each named after the field's term and with its source."""
