"""The whole configuration as one value: its sections, what they ask of one another, and answers."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from analog_sbi import backends
from analog_sbi.algorithms import facts
from analog_sbi.errors import ConfigurationError
from analog_sbi.randomness import generator
from analog_sbi.study.experiments import (
    AnyTarget,
    CompareAlgorithms,
    Experiment,
    RoundsAs,
    Sbibm,
    Sizes,
)
from analog_sbi.study.remedies import CompareRemedies
from analog_sbi.study.sections import (
    Amortized,
    Arbor,
    Benchmark,
    Bss2,
    Calibration,
    Chain,
    Characterization,
    Chip,
    Density,
    Distances,
    Ensemble,
    Grid,
    Inference,
    Misspecification,
    Predictive,
    Reference,
    SeveralTrials,
    Trials,
)
from analog_sbi.study.values import (
    UNKNOWN,
    Integer,
    Name,
    Plane,
    Section,
    Series,
    choice,
    only,
    refusal,
    setting,
)
from analog_sbi.study.vocabulary import BACKENDS, own_sections, parts, settings_of

FOLDERS = ("reference", "figures", "claims")
"""Folders of a backend's results that are of no experiment."""
ENSEMBLED = ("first_2d", "tau_2d", "rounds_2d", "first_7d", "all_7d")
"""Experiments whose networks figures show as ensembles."""

LEAST_SPLIT = 2
"""Measurements that networks are trained on, or validated on, at least."""


class Study(Section):
    """A configuration of the study.

    Beside its sections there may be one of the name of each backend that has none here, whose
    settings that backend checks itself.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, Any]] = Field(init=False)

    backend: Annotated[str, only(BACKENDS)] = setting(
        "where measurements come from: bss2_sim (model of the chip), arbor (in Arbor), bss2 "
        "(the chip) or one of your own (docs/extend.md)",
    )
    seed: Integer = setting("seed of the study, from which all random numbers derive", ge=0)
    chain: Chain
    chip: Chip
    bss2: Bss2
    arbor: Arbor
    characterization: Characterization
    grid: Grid
    targets: Annotated[dict[Name, AnyTarget], Field(min_length=1)] = setting(
        "targets by name: [leak, axial] as position in the parameter range, each from 0 to 1, "
        "{position: [...]} or {file: path}"
    )
    amortized: Amortized
    target: Trials
    points: Annotated[tuple[Plane, ...], Field(min_length=1, max_length=9), Series] = setting(
        "what is marked in the grid and shown as traces: [leak, axial] as position in the "
        "parameter range, each from 0 to 1"
    )
    training: Literal["batched", "sbi"] = setting(
        "how the seeds of a round are trained: all at once (batched), or one after another by "
        "stock sbi"
    )
    default_rounds_as: RoundsAs | None = setting(
        "a job a round (jobs) or all rounds in one job, with equal results (null: jobs on bss2, "
        "else one_job)",
        alias="rounds_as",
    )
    inference: Inference
    predictive: Predictive
    several_trials: SeveralTrials
    ensemble: Ensemble
    distances: Distances
    misspecification: Misspecification
    calibration: Calibration
    compare_algorithms: CompareAlgorithms
    compare_remedies: CompareRemedies
    density: Density
    reference: Reference
    benchmark: Benchmark
    sbibm: Sbibm
    experiment: Name | None = setting(
        "the experiment that the target infer answers, beside or instead of the paper's",
        default=None,
    )
    data: str | None = setting(
        "folder of the authors' deposit (10.11588/data/AVFF2E), which the target published reads",
        default=None,
    )
    configured: Annotated[dict[Name, Experiment], Field(min_length=1)] = setting(
        "experiments by name", alias="experiments"
    )
    sizes: Sizes

    @model_validator(mode="before")
    @classmethod
    def _has_no_other_keys(cls, value: Any) -> Any:
        if isinstance(value, dict):
            names = {part.alias or name for name, part in cls.model_fields.items()}
            for key in value:
                if key not in names and key not in own_sections():
                    raise PydanticCustomError(UNKNOWN, "unknown key", {"key": (key,)})
        return value

    @model_validator(mode="after")
    def _experiments_have_targets(self) -> Study:
        for name, experiment in self.configured.items():
            if experiment.target not in self.targets:
                raise choice(self.targets, "experiments", name, "target", of="targets")
        if self.reference.target not in self.targets:
            raise choice(self.targets, "reference", "target", of="targets")
        for index, problem in enumerate(self.reference.problems):
            observables = parts("chain")["observable"]
            if problem.observable not in observables:
                raise choice(observables, "reference", "problems", index, "observable")
        known = [problem.folder for problem in self.reference.problems]
        for index, problem in enumerate(self.compare_remedies.problems):
            if problem.folder not in known:
                place = ("compare_remedies", "problems", index)
                raise refusal(f"one of reference.problems ({', '.join(known)})", *place)
        return self

    @model_validator(mode="after")
    def _named_experiments_exist(self) -> Study:
        names, of = self.configured, "experiments"
        if self.sizes.like not in names:
            raise choice(names, "sizes", "like", of=of)
        self._check_sizes()
        own = self.configured | self._sized
        for section in ("amortized", "compare_algorithms"):
            if getattr(self, section).experiment not in own:
                raise choice(names, section, "experiment", of=of)
        if self.experiment is not None and self.experiment not in self.experiments:
            raise choice(names, "experiment", of=of)
        for index, name in enumerate(self.distances.every_round):
            if name not in own:
                raise choice(names, "distances", "every_round", index, of=of)
        asked = own[self.amortized.experiment]
        if (asked.model, asked.parameters) != ("chain", "global"):
            raise refusal("one of a chain with global parameters", "amortized", "experiment")
        return self

    def _check_sizes(self) -> None:
        """Raise the refusal of what the estimator of ``sizes.like`` does not have."""
        family = self.configured[self.sizes.like].estimator.family
        if self.sizes.reverse and "permutations" not in settings_of(family):
            raise refusal(f"no entries, since {family} has no permutations", "sizes", "reverse")

    @model_validator(mode="after")
    def _generated_names_are_free(self) -> Study:
        for name in self.configured:
            if name in FOLDERS:
                raise refusal("no name of another folder of the results", "experiments", name)
            if name in self._sized:
                raise refusal("no name that sizes makes itself", "experiments", name)
            if name in self._compared:
                raise refusal("no name that compare_algorithms makes itself", "experiments", name)
            if name in self._remedied:
                raise refusal("no name that compare_remedies makes itself", "experiments", name)
        for name in self._random_targets:
            if name in self.targets:
                raise refusal("no name that amortized.targets makes itself", "targets", name)
        return self

    @model_validator(mode="after")
    def _seeds_suffice(self) -> Study:
        for name, experiment in (self.configured | self._sized).items():
            if self.predictive.seed >= experiment.seeds:
                raise refusal(
                    f"a seed of every experiment ({name} has {experiment.seeds}, counted from 0)",
                    *("predictive", "seed"),
                )
        for name in ENSEMBLED:
            if name in self.configured and self.ensemble.size > self.configured[name].seeds:
                raise refusal(
                    f"at most the seeds of experiments.{name} = {self.configured[name].seeds}",
                    *("ensemble", "size"),
                )
        return self

    @model_validator(mode="after")
    def _rounds_can_be_split(self) -> Study:
        """A first round has ``LEAST_SPLIT`` measurements to train on, and to validate on."""
        fraction = self.inference.validation_fraction
        for name, experiment in self.experiments.items():
            total = experiment.rounds[0]
            trained = int((1 - fraction) * total)
            if min(trained, total - trained) < LEAST_SPLIT:
                raise refusal(
                    f"at least {LEAST_SPLIT} measurements to train on and to validate on of the "
                    f"first round of every experiment ({name} has {total}, split into {trained} "
                    f"and {total - trained})",
                    *("inference", "validation_fraction"),
                )
        return self

    @cached_property
    def experiments(self) -> dict[str, Experiment]:
        """Every experiment by name: the configured ones, those of sizes and of comparisons."""
        return self.configured | self._sized | self._compared | self._remedied

    @cached_property
    def _sized(self) -> dict[str, Experiment]:
        return self.sizes.experiments(self.configured[self.sizes.like])

    @cached_property
    def _compared(self) -> dict[str, Experiment]:
        own = self.configured | self._sized
        return self.compare_algorithms.experiments(own[self.compare_algorithms.experiment])

    @cached_property
    def _remedied(self) -> dict[str, Experiment]:
        return self.compare_remedies.experiments(self.reference.target)

    @cached_property
    def _random_targets(self) -> dict[str, list[float]]:
        """Positions that are uniform over the range of parameters (paper, 4.4)."""
        positions = generator(self.seed, "amortized").random((self.amortized.targets, 2))
        return {
            f"random_{number}": [float(value) for value in position]
            for number, position in enumerate(positions, start=1)
        }

    def compared(self) -> list[str]:
        """Names of the experiments that compare algorithms."""
        return list(self._compared)

    def target_positions(self) -> dict[str, list[float]]:
        """Positions of all targets that are measured: configured ones, and random ones."""
        return {
            name: list(target.position)
            for name, target in self.targets.items()
            if target.position is not None
        } | self._random_targets

    def amortized_targets(self) -> list[str]:
        """Names of the targets that the first round's posterior is asked for."""
        return [self.experiments[self.amortized.experiment].target, *self._random_targets]

    def asked_targets(self, name: str) -> list[str]:
        """Names of the targets that posteriors of an experiment are asked for."""
        if name == self.amortized.experiment:
            return self.amortized_targets()
        return [self.experiments[name].target]

    def in_one_job(self, name: str) -> bool:
        """Whether an algorithm runs as a whole, as do all that are compared."""
        return name in self._compared or not facts(self.experiments[name].algorithm).resumable

    def rounds_as(self, name: str, backend: str) -> RoundsAs:
        """How the rounds of an experiment run on a backend: ``jobs`` or ``one_job``."""
        if self.in_one_job(name):
            return "one_job"
        default: RoundsAs = "jobs" if backend == "bss2" else "one_job"
        return self.experiments[name].rounds_as or self.default_rounds_as or default

    def training_settings(self, name: str) -> dict[str, Any]:
        """Settings of the section inference, with the batch size of the comparison."""
        settings: dict[str, Any] = self.inference.model_dump()
        if name in self._compared:
            settings["batch_size"] = self.compare_algorithms.batch_size
        return settings

    def checked_rounds(self, name: str) -> list[int]:
        """Rounds of an experiment whose posterior is sampled and checked."""
        last = len(self.experiments[name].rounds) - 1
        every = self.experiments[name].checked_rounds == "all"
        return list(range(last + 1)) if every else [last]

    def compared_rounds(self, name: str) -> list[int]:
        """Rounds of an experiment that are compared with the reference posterior."""
        last = len(self.experiments[name].rounds) - 1
        every = name in self.distances.every_round
        return list(range(last + 1)) if every else sorted({0, last})

    def reference_problem(self, name: str) -> str:
        """Name of the problem whose reference posterior an experiment is compared with.

        Raises ConfigurationError if the reference posterior is given another target.
        """
        experiment = self.experiments[name]
        if experiment.target != self.reference.target:
            raise ConfigurationError(
                f"experiments.{name}.target: expected {self.reference.target}, the target of the "
                f"reference posterior (reference.target), found {experiment.target!r}"
            )
        return f"{experiment.parameters}_{experiment.observable}"

    def backend_settings(self, backend: str) -> dict[str, Any]:
        """Settings that a measurement on a backend depends on, without infrastructure."""
        excluded = backends.infrastructure(backend)
        settings = self._backend_sections(backend)
        return {name: value for name, value in settings.items() if name not in excluded}

    def infrastructure(self, backend: str) -> dict[str, Any]:
        """Settings of how a backend is reached, which no result depends on."""
        included = backends.infrastructure(backend)
        settings = self._backend_sections(backend)
        return {name: value for name, value in settings.items() if name in included}

    def _backend_sections(self, backend: str) -> dict[str, Any]:
        """Settings of all sections that a backend is given; its own may be absent."""
        whole = self.model_dump(mode="json")
        names = backends.sections(backend)
        return {key: value for name in names for key, value in whole.get(name, {}).items()}

    def plain(self) -> dict[str, Any]:
        """The configuration as plain values, with defaults and every experiment."""
        experiments = {name: part.plain() for name, part in self.experiments.items()}
        return self.model_dump(mode="json", by_alias=True) | {"experiments": experiments}
