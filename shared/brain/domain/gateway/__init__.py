"""From a request to events that can be stored, and the reconciliation of everything that was sent."""
