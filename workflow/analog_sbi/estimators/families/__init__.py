"""Families of flows: a module each, which offers ``FAMILY``."""
