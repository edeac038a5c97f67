"""What the operator sets: the environment, and the files under ``config/``."""
