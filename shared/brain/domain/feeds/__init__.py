"""Feeds: one module a provider family, each turning that provider's real payloads into drafts of events."""
