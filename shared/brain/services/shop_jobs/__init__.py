"""The shop's nightly, weekly and monthly jobs: a client's own stores, rows first, then the published page."""
