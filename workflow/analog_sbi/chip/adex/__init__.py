"""The spiking neuron of the chip: an adaptive exponential integrate-and-fire (AdEx) circuit."""
