"""The curiosity engine: test every night what moves sales, and accept an answer only on data that came later."""
