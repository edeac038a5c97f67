"""The production store on Cloud Firestore, through Google's generated client."""
