"""What the Brain knows: pure functions and frozen values; time, chance and data come in as arguments."""
