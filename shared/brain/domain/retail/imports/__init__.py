"""Read a shop's CSV files: every line becomes a record, or a bad line with the reason."""
