"""HTTP for senders: ingest, its contract, signed requests."""
