"""People become pseudonyms: keys, personal fields, and people in free text."""
