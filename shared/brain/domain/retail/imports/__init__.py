"""Reading the shop's CSV files: every line becomes a record or a sentence that says what is wrong with it."""
