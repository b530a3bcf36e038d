"""What the real module offers and the model does not: importable, refused by name when called."""

from __future__ import annotations

from typing import Any, NoReturn

# Names of `pynn_brainscales.brainscales2` that are refused.
OF_THE_MODULE = frozenset(
    {
        "PlasticityRule",
        "Timer",
        "get_post_realtime_read",
        "get_pre_realtime_read",
        "get_post_realtime_read_ppu_symbols",
        "get_backend_statistics",
    }
)
OF_THE_CELLS = frozenset(
    {"CalibHXNeuronCuba", "CalibHXNeuronCoba", "PlasticHXNeuron", "OffChipSource"}
)
OF_THE_SYNAPSES = frozenset({"PlasticSynapse", "StaticRecordingSynapse"})
OF_THE_PLASTICITY_RULES = frozenset({"PlasticityRule", "PlasticityRuleHandle", "Timer"})
OF_THE_HELPER = frozenset(
    {
        "nightly_calib_url",
        "nightly_calix_native_path",
        "filter_atomic_neuron",
        "filter_non_atomic_neuron",
    }
)


def refuse(what: str) -> NoReturn:
    """Raise NotImplementedError that names what was asked for."""
    raise NotImplementedError(
        f"{what} is not part of the chip model (analog_sbi.chip.pynn); it needs the chip itself"
    )


class _Refused(type):
    """Type of names that stand for something refused; their attributes are refused, too."""

    _what: str

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(cls._what)

    def __getattr__(cls, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        refuse(f"{cls._what}.{name}")


def refused(what: str) -> type:
    """Name something that can be imported and derived from, but neither called nor looked into."""
    name = what.rsplit(".", 1)[-1]
    return _Refused(name, (), {"_what": what})
