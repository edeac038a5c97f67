"""The production store: Cloud Firestore, spoken to through Google's generated client."""
