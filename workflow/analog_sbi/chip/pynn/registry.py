"""Put this module in the place of ``pynn_brainscales.brainscales2``, on demand only.

Modules that such programs import beside it (``dlens_vx_v3`` and its parts) get stand-ins, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from analog_sbi.chip.pynn import simulator

REAL = "pynn_brainscales"
OURS = "analog_sbi.chip.pynn"
SUBMODULES = (
    "connectors",
    "helper",
    "morphology",
    "plasticity_rules",
    "simulator",
    "populations",
    "projections",
    "recording",
    "recording_data",
    "standardmodels",
    "standardmodels.cells",
    "standardmodels.synapses",
)
# Modules beside PyNN that programs import, and what stands for them.
BESIDE = {
    "dlens_vx_v3": f"{OURS}.dlens",
    "pylogging": f"{OURS}.logger",
    "pyhalco_hicann_dls_vx_v3": f"{OURS}.dlens.halco",
    "pylola_vx_v3": f"{OURS}.dlens.lola",
    "pyhaldls_vx_v3": f"{OURS}.dlens.hal",
    "pyhxcomm_vx": f"{OURS}.dlens.hxcomm",
    "pystadls_vx_v3": f"{OURS}.dlens.sta",
}
DLENS = ("hal", "halco", "hxcomm", "logger", "lola", "sta")
_MARK = "__stand_in__"


def register(generation: str | None = None, serial: int | None = None) -> None:
    """Let ``import pynn_brainscales.brainscales2`` find the model of the chip in this process.

    ``generation`` and ``serial`` as in ``simulator.use``. Never called by this package itself.
    Raises RuntimeError if the real library has been imported already.
    """
    present = sys.modules.get(REAL)
    if present is not None and not hasattr(present, _MARK):
        raise RuntimeError(f"{REAL} is already imported from {present.__file__}")
    simulator.use(generation, serial)
    top: Any = ModuleType(REAL, "Stand-in: the model of the chip (analog_sbi.chip.pynn).")
    top.__path__ = []
    setattr(top, _MARK, True)
    top.brainscales2 = import_module(OURS)
    top.errors, top.parameters = import_module("pyNN.errors"), import_module("pyNN.parameters")
    sys.modules[REAL] = top
    sys.modules[f"{REAL}.errors"] = top.errors
    sys.modules[f"{REAL}.parameters"] = top.parameters
    sys.modules[f"{REAL}.brainscales2"] = top.brainscales2
    for name in SUBMODULES:
        sys.modules[f"{REAL}.brainscales2.{name}"] = import_module(f"{OURS}.{name}")
    for name, own in BESIDE.items():
        if name not in sys.modules:
            sys.modules[name] = import_module(own)
    for name in DLENS:
        sys.modules.setdefault(f"dlens_vx_v3.{name}", getattr(import_module(f"{OURS}.dlens"), name))


def unregister() -> None:
    """Undo ``register``; the real library can be imported again. Does nothing if not registered."""
    if hasattr(sys.modules.get(REAL), _MARK):
        for name in [n for n in sys.modules if n == REAL or n.startswith(f"{REAL}.")]:
            del sys.modules[name]
        for name in [*BESIDE, *(f"dlens_vx_v3.{n}" for n in DLENS)]:
            if getattr(sys.modules.get(name), "__name__", "").startswith(OURS):
                del sys.modules[name]


@contextmanager
def registered(generation: str | None = None, serial: int | None = None) -> Iterator[None]:
    """Register within a block; afterwards generation and serial are what they were."""
    before = simulator.world.generation, simulator.world.serial
    register(generation, serial)
    try:
        yield
    finally:
        unregister()
        simulator.use(*before)
