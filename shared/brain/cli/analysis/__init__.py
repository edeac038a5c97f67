"""Commands that score, detect, predict, compare and recommend on plain files."""
