"""What the real module offers and the model does not: refused by name, never passed over."""

from __future__ import annotations

from typing import NoReturn

# Names of `pynn_brainscales.brainscales2` that are not part of the subset.
OF_THE_MODULE = frozenset(
    {
        "morphology",
        "plasticity_rules",
        "PlasticityRule",
        "Timer",
        "InjectedConfiguration",
        "InjectedReadout",
        "run_until",
        "create",
        "connect",
        "record",
        "logger",
        "get_post_realtime_read",
        "get_pre_realtime_read",
        "get_post_realtime_read_ppu_symbols",
        "get_backend_statistics",
        "FixedProbabilityConnector",
        "DistanceDependentProbabilityConnector",
        "DisplacementDependentProbabilityConnector",
        "IndexBasedProbabilityConnector",
        "FromListConnector",
        "FromFileConnector",
        "FixedNumberPreConnector",
        "FixedNumberPostConnector",
        "SmallWorldConnector",
        "CSAConnector",
        "CloneConnector",
        "ArrayConnector",
        "FixedTotalNumberConnector",
    }
)

# Cell types and synapses of the real module that are not part of the subset.
OF_THE_CELLS = frozenset(
    {
        "CalibHXNeuronCuba",
        "CalibHXNeuronCoba",
        "PlasticHXNeuron",
        "SpikeSourcePoisson",
        "SpikeSourcePoissonOnChip",
    }
)
OF_THE_SYNAPSES = frozenset({"PlasticSynapse", "StaticRecordingSynapse"})


def refuse(what: str) -> NoReturn:
    """Raise NotImplementedError that names what was asked for."""
    raise NotImplementedError(
        f"{what} is not part of the chip model (analog_sbi.chip.pynn); it needs the chip itself"
    )
