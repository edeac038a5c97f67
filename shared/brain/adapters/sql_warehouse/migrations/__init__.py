"""The history of the Brain's tables, one revision a file; applied by ``brain retail import`` and by every job."""
