"""Our own claims on calibration: expected coverage of ensembles."""

from __future__ import annotations

from analog_sbi.checks.calibration import half_width
from analog_sbi.checks.table import Artifacts, Verdict


def own_coverage_2d(artifacts: Artifacts) -> Verdict:
    """Ensembles of two parameters given F."""
    return _covered(artifacts, ("first_2d",))


def own_coverage_7d(artifacts: Artifacts) -> Verdict:
    """Ensembles of seven parameters given F and given H."""
    return _covered(artifacts, ("first_7d", "all_7d"))


def _covered(artifacts: Artifacts, experiments: tuple[str, ...]) -> Verdict:
    """Whether no ensemble's curve leaves the band downwards."""
    texts, holds = [], True
    for name in experiments:
        table = artifacts.table(f"{{backend}}/{name}/calibration_summary.parquet")
        width = half_width(int(table["tests"].min()))
        ensembles, seeds = (table[table["kind"] == kind] for kind in ("ensemble", "seed"))
        inside = ensembles["lowest"] >= -width
        holds = holds and bool(inside.all())
        each = ", ".join(f"{value:+.3f}" for value in ensembles["lowest"])
        single = int((seeds["lowest"] >= -width).sum())
        texts.append(
            f"{name}: lowest coverage minus level {each} (band {width:.3f}), "
            f"single networks hold for {single} of {len(seeds)}"
        )
    return Verdict("; ".join(texts), holds)
