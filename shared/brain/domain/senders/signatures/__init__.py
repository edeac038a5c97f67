"""Signatures of providers: one module per scheme, all pure functions of a request and the client's secrets."""
