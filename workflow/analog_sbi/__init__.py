"""Simulation-based inference of a multi-compartment neuron on BrainScaleS-2."""
