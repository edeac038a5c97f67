"""Test doubles and simulations, for tests of the Brain and of what is built on it; nothing deployed imports them.

The doubles pass the contract suites of what they stand for. The simulations plant known effects, or none, by a seed.
"""
