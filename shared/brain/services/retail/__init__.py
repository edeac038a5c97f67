"""Questions to the shop's own database, one module a question; commands and jobs share them."""
