"""How scheduled work is listed, leased, performed once, and given up."""
