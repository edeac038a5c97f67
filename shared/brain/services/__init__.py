"""One use case a file, one public verb each."""
