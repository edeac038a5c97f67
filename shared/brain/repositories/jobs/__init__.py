"""Documents of the jobs: runs and feature flags."""
