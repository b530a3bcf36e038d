"""Cell types and synapses, under the names of ``pynn_brainscales.brainscales2.standardmodels``."""

from analog_sbi.chip.pynn.standardmodels import cells, synapses

__all__ = ["cells", "synapses"]
