"""Claims decided: what a run found, and whether the criterion holds for it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analog_sbi.errors import StudyError
from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.criteria import Criterion, Quantities
from analog_sbi.paper.registry import Claim


@dataclass(frozen=True)
class Finding:
    """What a run found on a claim: text with the numbers, and the quantities that decide it.

    ``seeds`` are the quantities of each seed where those that decide are medians over seeds;
    ``told`` is how the text says for how many of them the criterion holds.
    """

    text: str
    quantities: Quantities
    seeds: Sequence[Quantities] = field(default=())
    told: str = "holds for"

    def value(self, criterion: Criterion) -> str:
        """Text with the numbers, and for how many seeds the criterion holds."""
        if not self.seeds:
            return self.text
        held = criterion.count(self.seeds)
        return f"{self.text}; {self.told} {held} of {len(self.seeds)} seeds"


@dataclass(frozen=True)
class Verdict:
    """Text with what a run found, and whether the criterion holds, if that is known."""

    value: str | None
    holds: bool | None


def decide(claim: Claim, artifacts: Artifacts) -> Verdict:
    """Decide a claim from the artifacts that it declares.

    A claim that cannot be decided stays open and says why, so that it does not hide the others.
    Raises StudyError for a damaged file, which is no finding.
    """
    try:
        finding = claim.find(artifacts.of(claim.needs))
        holds = claim.holds.decidable(finding.quantities)
        return Verdict(
            finding.value(claim.holds), claim.holds.holds(finding.quantities) if holds else None
        )
    except StudyError:
        raise
    except Exception as error:
        logging.warning("%s cannot be decided: %r", claim.id, error)
        return Verdict(f"cannot be decided: {type(error).__name__} {error}", None)


def decided(claims: Sequence[Claim], artifacts: Artifacts, available: set[str]) -> pd.DataFrame:
    """Table of claims; those of which an artifact is not ``available`` stay open."""
    rows = []
    for claim in claims:
        needs = {artifacts.path(template) for template in claim.needs}
        verdict = decide(claim, artifacts) if needs <= available else Verdict(None, None)
        rows.append(row(claim, verdict))
    return frame(rows)


COLUMNS = ("id", "figure", "paper", "value", "criterion", "holds")


def row(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    """Row of the table of claims."""
    return {
        "id": claim.id,
        "figure": claim.figure,
        "paper": claim.paper,
        "value": verdict.value,
        "criterion": claim.criterion,
        "holds": verdict.holds,
    }


def frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Table of claims of its rows."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"holds": "boolean"})
