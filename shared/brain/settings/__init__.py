"""Settings from the environment and the files in ``config/``."""
