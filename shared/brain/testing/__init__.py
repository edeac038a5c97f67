"""Test doubles and simulations, for tests of the Brain and of integrations with it.

Each double passes the contract tests of the port that it implements. Each simulation is seeded and has known effects,
or none. Nothing that is deployed imports this package.
"""
