"""From a sender's request to events that may be stored, and the proof that nothing was lost."""
