"""How the weights of the score are learned from outcomes, challenged, and shared between clients of a kind."""
