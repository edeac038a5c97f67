"""Senders: who may send events for a client, by API key or by a signature of its provider."""
