"""The embedded store: one SQLite file that keeps every promise Firestore keeps."""
