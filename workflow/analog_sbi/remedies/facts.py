"""The remedies, and what each asks of an experiment: adding one is a module and an entry here.

A module has ``repair(networks, data, seed, max_draws)``, which makes a posterior of the networks of
all seeds and the measurements of all rounds, of each seed; a posterior that is no networks is a
``base.Repaired``. Modules are imported where they are used, since they need torch.
"""

from __future__ import annotations

from dataclasses import dataclass

FEWEST = 100
"""Measurements of other seeds that a level is told by, at least."""


@dataclass(frozen=True)
class Facts:
    """A remedy: its module, and what it asks.

    ``others`` is the least number of measurements of the other seeds, None if seeds do not judge
    each other; ``one_round`` whether networks of later rounds cannot be repaired; ``pools`` whether
    all networks become one posterior, the only seed and the only ensemble; ``independent`` whether
    parameters have to be, under the prior.
    """

    module: str
    others: int | None = None
    one_round: bool = False
    pools: bool = False
    independent: bool = False


REMEDIES = {
    "none": Facts("unrepaired"),
    "ensemble": Facts("pooled", others=0, pools=True),
    "likelihood": Facts("reweighted", independent=True),
    "conformal": Facts("conformal", others=FEWEST, one_round=True),
}


def lacking(name: str, seeds: int, measurements: int) -> tuple[str, str] | None:
    """What an experiment lacks for a remedy, as key and what is expected; None if nothing.

    ``measurements`` are those of a seed.
    """
    others = REMEDIES[name].others
    if others is None:
        return None
    if seeds < 2:
        return "seeds", f"at least 2, since repair is {name}"
    if (seeds - 1) * measurements < others:
        return (
            "rounds",
            f"at least {others} measurements of the other seeds, since repair is {name}",
        )
    return None
