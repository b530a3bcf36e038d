"""Claims on the expected coverage of ensembles after the first round.

A posterior whose regions hold the truth less often than they say is over-confident; one whose
regions hold it more often is conservative, which costs precision but misleads nobody. A claim
therefore fails only below the band. The band is simultaneous (``checks/uniformity.py``): an exact
posterior stays within it at all levels together with probability 0.95.
"""

from __future__ import annotations

import pandas as pd

from analog_sbi.checks.register import COVERAGE_2D, COVERAGE_7D
from analog_sbi.checks.table import Artifacts, Verdict

CALLED = {"first_2d": "2d F", "first_7d": "7d F", "all_7d": "7d H"}


def own_coverage_2d(artifacts: Artifacts) -> Verdict:
    """Coverage of the ensembles given F with two parameters."""
    return covered(artifacts, COVERAGE_2D)


def own_coverage_7d(artifacts: Artifacts) -> Verdict:
    """Coverage of the ensembles given F and given H with seven parameters."""
    return covered(artifacts, COVERAGE_7D)


def covered(artifacts: Artifacts, paths: tuple[str, ...]) -> Verdict:
    """Whether the curves of all ensembles stay above the lower limit of the band."""
    texts, holds = [], []
    for path in paths:
        table = artifacts.table(path)
        curves = table[table["method"] == "coverage"]
        above = not_below(curves)
        holds.append(above["ensemble"])
        title = CALLED[path.split("/")[1]]
        texts.append(f"{title}: {_told(curves, above)}")
    found = pd.concat(holds)
    return Verdict("; ".join(texts), bool(found.all()) if len(found) else None)


def not_below(curves: pd.DataFrame) -> dict[str, pd.Series]:
    """Whether each member's curve is nowhere below the band, by kind."""
    fine = curves.assign(fine=curves["value"] >= curves["low"])
    return {
        kind: fine[fine["kind"] == kind].groupby("member")["fine"].all()
        for kind in ("ensemble", "seed")
    }


def _told(curves: pd.DataFrame, above: dict[str, pd.Series]) -> str:
    ensembles = curves[curves["kind"] == "ensemble"]
    margin = (ensembles["value"] - ensembles["level"]).groupby(ensembles["member"])
    each = ", ".join(
        f"{low:+.3f} to {high:+.3f}" for low, high in zip(margin.min(), margin.max(), strict=True)
    )
    return (
        f"coverage minus level of the ensembles {each or 'not known'} (not below the band: "
        f"{int(above['ensemble'].sum())} of {len(above['ensemble'])} ensembles, "
        f"{int(above['seed'].sum())} of {len(above['seed'])} single networks)"
    )
