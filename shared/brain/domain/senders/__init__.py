"""Who may send: API keys and the providers' signatures."""
