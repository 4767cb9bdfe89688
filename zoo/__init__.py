"""Trained integer networks that come with the package, and what they are worth. Imports without torch."""
