"""Checks of posteriors, and the claims of the paper."""
