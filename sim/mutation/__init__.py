"""Mutation testing: cores with one small fault each, and whether the verification of every core finds it."""
