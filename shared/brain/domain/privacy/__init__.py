"""Privacy: people become pseudonyms, found by field names and by the format of free text."""
