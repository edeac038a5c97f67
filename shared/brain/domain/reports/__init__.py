"""Reports: what happened, how sure that is, and what is not known yet, as sections that anyone can render."""
