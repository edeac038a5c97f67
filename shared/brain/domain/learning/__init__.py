"""Learn the score's weights from outcomes, test challengers against the champion, and pool weights across clients."""
