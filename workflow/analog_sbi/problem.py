"""What is inferred: model, parameterization, observable, prior and target, as one value.

A problem knows nothing of estimators, seeds or budgets. It is posed once, where the configuration
is read, and travels as plain data; its key stands in the metadata of every artifact that it leads
to, and posteriors of different keys are never compared.
Shapes: D parameters, F features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from analog_sbi.artifacts import Maker, read_plain, write_plain
from analog_sbi.backends import Backend, Setup
from analog_sbi.errors import ArtifactError, ModelError, ProblemError
from analog_sbi.models import (
    Parameterization,
    Signals,
    is_file,
    load,
    plain_signals,
    scale,
    signals_of,
    stem,
)
from analog_sbi.prior import Prior, Statement, over, prior_of
from analog_sbi.provenance import config_digest, file_digest
from analog_sbi.restricted import Region, Restricted, region_of
from analog_sbi.space import Space

REGION_FORMAT = "analog-sbi region 1"
KEYS = ("seed", "round", "trial", "member", "target", "log_prob")
"""Columns of tables beside parameters and features."""


@dataclass(frozen=True)
class Measured:
    """A target that is measured at a position (D,) in the unit cube of the global parameters.

    The name tells its random numbers from those of other targets at the same position.
    """

    name: str
    position: tuple[float, ...]
    trials: int

    def plain(self) -> dict[str, Any]:
        """Plain data that ``target_of`` reads."""
        return {"name": self.name, "position": list(self.position), "trials": self.trials}


@dataclass(frozen=True)
class Given:
    """A target from a file, of which nobody knows the parameters; ``digest`` is its content's."""

    name: str
    path: str
    digest: str

    def plain(self) -> dict[str, Any]:
        """Plain data that ``target_of`` reads."""
        return {"name": self.name, "path": self.path, "digest": self.digest}


@dataclass(frozen=True)
class Transferred:
    """A target that another backend measured, at a position of its own parameters.

    Its heights are multiplied by ``scale``; None if nobody knows that, so that only features are
    given which no scale changes.
    """

    name: str
    position: tuple[float, ...]
    trials: int
    setup: Setup
    scale: float | None

    def plain(self) -> dict[str, Any]:
        """Plain data that ``target_of`` reads."""
        return {
            "name": self.name,
            "position": list(self.position),
            "trials": self.trials,
            "setup": self.setup.plain(),
            "scale": self.scale,
        }


Target = Measured | Given | Transferred


def target_of(content: Mapping[str, Any]) -> Target:
    """Target of plain data."""
    if "setup" in content:
        position, source = tuple(content["position"]), Setup(**content["setup"])
        return Transferred(content["name"], position, content["trials"], source, content["scale"])
    if "path" in content:
        return Given(content["name"], content["path"], content["digest"])
    return Measured(content["name"], tuple(content["position"]), content["trials"])


@dataclass(frozen=True)
class Problem:
    """A problem of inference; ``features`` and ``units`` are those of its observable.

    ``code`` is the digest of the observable's file, where it has one.
    """

    setup: Setup
    parameterization: str
    observable: str
    prior: Prior
    features: tuple[str, ...]
    units: tuple[str, ...]
    signals: Signals
    target: Target
    code: str = ""

    @property
    def space(self) -> Space:
        """Space of the parameters."""
        return self.prior.space

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.space.names

    @cached_property
    def key(self) -> str:
        """Digest of all that the problem is: equal keys are equal problems.

        Files count by their content, which settings and target hold, not by the folder they lie in;
        a restricted prior by the settings that its region is learned by.
        """
        content = self.plain()
        content["prior"].pop("region", None)
        content["setup"]["model"] = Path(self.setup.model).name
        content["observable"] = Path(self.observable).name
        content["target"].pop("path", None)
        return config_digest(content)

    def within(self, region: Region) -> Problem:
        """The same problem, with the region of its restricted prior.

        Raises ProblemError for another prior.
        """
        if not isinstance(self.prior, Restricted):
            raise ProblemError(
                "prior: expected a restricted one, which has a region, found another"
            )
        return replace(self, prior=replace(self.prior, region=region))

    @property
    def name(self) -> str:
        """Name for people: what is inferred, and from what."""
        given = stem(self.observable)
        linear, logarithms = scale.split(self.parameterization)
        logs = f" (logarithm of {', '.join(logarithms)})" if logarithms else ""
        return f"{linear} parameters{logs} given {given} of {self.target.name}"

    def plain(self) -> dict[str, Any]:
        """Plain data that ``from_plain`` reads."""
        return {
            "setup": self.setup.plain(),
            "parameterization": self.parameterization,
            "observable": self.observable,
            "prior": self.prior.plain(),
            "features": list(self.features),
            "units": list(self.units),
            "signals": plain_signals(self.signals),
            "target": self.target.plain(),
            **({"code": self.code} if self.code else {}),
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> Problem:
        """Problem of plain data; raises ProblemError if a part is missing."""
        try:
            return cls(
                setup=Setup(**content["setup"]),
                parameterization=content["parameterization"],
                observable=content["observable"],
                prior=prior_of(content["prior"]),
                features=tuple(content["features"]),
                units=tuple(content["units"]),
                signals=signals_of(content["signals"]),
                target=target_of(content["target"]),
                code=content.get("code", ""),
            )
        except (KeyError, TypeError) as error:
            raise ProblemError(f"problem: expected all its parts, found {error}") from error


def pose(
    setup: Setup,
    backend: Backend,
    parameterization: str,
    observable: str,
    prior: Mapping[str, Statement],
    target: Target,
) -> Problem:
    """Pose a problem on a backend; ``prior`` states the prior of some parameters by name.

    What it leaves open is as the model states it, or uniform. Raises ModelError for names that the
    model lacks or that tables have for other columns, SpaceError for what ``prior.over`` refuses.
    """
    model = load(setup.model)
    space = model.parameterization(parameterization, backend.inputs).space
    features = model.observable(observable, backend.signals)
    names = [*KEYS, *space.names, *features.names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModelError(
            f"observable: expected features and parameters of different names, none of "
            f"{', '.join(KEYS)}, found {twice[0]}"
        )
    return Problem(
        setup=setup,
        parameterization=parameterization,
        observable=observable,
        prior=over(space, model.stated(space) | dict(prior)),
        features=features.names,
        units=features.units,
        signals=backend.signals,
        target=target,
        code=file_digest(observable) if is_file(observable) else "",
    )


def problem_of(content: Mapping[str, Any], region: str | Path | None = None) -> Problem:
    """Problem of plain data, with the region of a restricted prior from its file.

    Raises ArtifactError for what is no such file, ProblemError for one of another problem.
    """
    problem = Problem.from_plain(content)
    return problem if region is None else problem.within(read_region(region, problem.key))


def read_region(path: str | Path, problem: str) -> Region:
    """Region of a restricted prior from its file, which must be of the problem with this key."""
    content = read_plain(path)
    if content.get("format") != REGION_FORMAT:
        found = content.get("format")
        raise ArtifactError(f"{path}: format: expected {REGION_FORMAT!r}, found {found!r}")
    expect_same(problem, content["problem"], str(path))
    return region_of(content["region"])


def write_region(region: Region, problem: str, path: str | Path, maker: Maker) -> None:
    """Write the region of a restricted prior as plain data, with the key of its problem."""
    content = {"format": REGION_FORMAT, "problem": problem, "region": region.plain()}
    write_plain(content, path, maker, problem=problem)


def parameterization_of(problem: Problem, inputs: Space) -> Parameterization:
    """The problem's map from parameters to the inputs of a backend."""
    return load(problem.setup.model).parameterization(problem.parameterization, inputs)


def expect_same(one: str, other: str, what: str) -> None:
    """Raise ProblemError that names both keys unless they are equal."""
    if one != other:
        raise ProblemError(f"{what}: expected the problem {one}, found the problem {other}")
