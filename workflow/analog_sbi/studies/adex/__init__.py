"""The second study: which codes of a spiking neuron could have produced what it shows?"""
