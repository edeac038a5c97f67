"""Expected engagement of planned content, with an interval whose coverage is measured and a plain "not enough yet"."""
