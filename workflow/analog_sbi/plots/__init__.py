"""Figures of the paper: one module a figure, drawn from tables alone."""
