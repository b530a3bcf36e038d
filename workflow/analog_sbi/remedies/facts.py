"""The remedies, and what each asks of an experiment, as the decorators say.

    @remedy("conformal", others=100, one_round=True)
    def repair(networks, data, seed, max_draws): ...

in a module here makes a posterior of the networks of all seeds and the measurements of all rounds,
of each seed; a posterior that is no networks is a ``base.Repaired`` and rebuilt by
``posterior.kinds``. Modules are imported where they are used, since they need torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from analog_sbi.decorated import Decorated, decorated

if TYPE_CHECKING:
    from analog_sbi.posterior import Posterior

Repairing = TypeVar("Repairing", bound=Callable[..., "Posterior"])


@dataclass(frozen=True)
class Facts:
    """A remedy: where its function is, and what it asks.

    ``others`` is the least number of measurements of the other seeds, None if seeds do not judge
    each other; ``one_round`` whether networks of later rounds cannot be repaired; ``pools`` whether
    all networks become one posterior, the only seed and the only ensemble.
    """

    source: Decorated
    others: int | None = None
    one_round: bool = False
    pools: bool = False


def remedy(
    name: str,
    *,
    others: int | None = None,
    one_round: bool = False,
    pools: bool = False,
) -> Callable[[Repairing], Repairing]:
    """Say that a function is a remedy; the arguments are literals or constants (see ``Facts``)."""
    return lambda function: function


_FOUND = decorated("remedy", "remedies")
REMEDIES = {
    name: Facts(_FOUND[name], **_FOUND[name].settings)
    for name in sorted(_FOUND, key=lambda name: (name != "none", name))
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
