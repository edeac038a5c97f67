"""How providers prove that a request is theirs: one module a scheme, one line in the registry."""
