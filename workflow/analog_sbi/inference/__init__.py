"""Posteriors of all seeds: sampling, densities, ensembles, answers to many observations."""
