"""The embedded store: one SQLite file with the same guarantees as Firestore."""
