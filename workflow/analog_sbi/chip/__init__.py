"""A model of the BrainScaleS-2 chip: circuits, fixed pattern, trial-to-trial variation, readout."""
