"""Commands that run jobs."""
