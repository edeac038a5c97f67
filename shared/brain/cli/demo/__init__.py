"""``brain demo``: a seeded agency whose truths are planted, taken through the whole loop."""
