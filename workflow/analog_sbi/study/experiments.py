"""Sections of the configuration on questions: targets, experiments, and products of experiments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
    model_serializer,
    model_validator,
)

from analog_sbi.algorithms import budgets, facts
from analog_sbi.models import is_file
from analog_sbi.remedies.facts import REMEDIES, lacking
from analog_sbi.study.estimator import Estimator, Size, Transforms, Width
from analog_sbi.study.values import (
    Bounds,
    Different,
    Integer,
    Position,
    Positive,
    Rounds,
    Section,
    Seeds,
    Series,
    Symbol,
    Text,
    Whole,
    choice,
    only,
    refusal,
    setting,
)
from analog_sbi.study.vocabulary import (
    ALGORITHMS,
    BACKENDS,
    MODELS,
    SBIBM_TASKS,
    parts,
)

INFERRED = "inferred"
"""Scale of a target that nobody knows."""


def _model(name: str) -> str:
    if not is_file(name) and name not in MODELS:
        raise choice([*MODELS, "the path of a .py file"])
    return name


def _target(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {"position": value}
    if not isinstance(value, dict):
        raise refusal("[0.5, 0.5], {position: [...]} or {file: path}")
    return value


def _scale(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number and value not in (None, INFERRED):
        raise refusal(f"number or {INFERRED}")
    if number and not value > 0:
        raise refusal("more than 0")
    return value


Scale = Annotated[Positive | Literal["inferred"], BeforeValidator(_scale)]
Algorithm = Annotated[
    str,
    only(ALGORITHMS),
    Field(description="how parameters are inferred (docs/algorithms.md)"),
]
RoundsAs = Literal["jobs", "one_job"]


class Target(Section):
    """An observation: measured at a position, or trials from a file. A list is a position.

    With ``backend`` it is measured there and transferred to the backend of the study.
    """

    position: Position | None = setting(
        "position in the range of each parameter, from 0 to 1, as many as a parameterization has; "
        "[leak, axial] of a chain with global parameters",
        default=None,
    )
    trials: Integer | None = setting(
        "measurements at the position, whose mean is the observation (null: target.trials)",
        default=None,
        ge=1,
    )
    file: Text | None = setting("path of a table (CSV or parquet) of trials", default=None)
    units: dict[Text, Text] | None = setting("units of columns of the file", default=None)
    backend: Annotated[str, only(BACKENDS)] | None = setting(
        "another backend that measures the target, such as arbor (null: that of the study)",
        default=None,
    )
    scale: Scale | None = setting(
        "number that columns in other units than the model's are multiplied by; inferred: nobody "
        "knows it, so that only features which no scale changes are given, such as relative ones",
        default=None,
    )

    @model_validator(mode="after")
    def _either(self) -> Target:
        if (self.position is None) == (self.file is None):
            raise refusal("either position or file")
        if self.trials is not None and self.position is None:
            raise refusal("no number of trials without a position", "trials")
        if self.units is not None and self.file is None:
            raise refusal("no units without a file", "units")
        if self.backend is not None and self.position is None:
            raise refusal("no backend without a position", "backend")
        if self.scale is not None and self.file is None and self.backend is None:
            raise refusal("no scale without a file or another backend", "scale")
        if self.backend is not None and self.scale is None:
            raise refusal("a number or inferred, since backends have their own units", "scale")
        return self


AnyTarget = Annotated[Target, BeforeValidator(_target, json_schema_input_type=Position | Target)]


Arguments = Annotated[tuple[float, ...], Field(min_length=1, max_length=3), Series]


def _law(arguments: str) -> Any:
    return setting(arguments, default=None)


class Marginal(Section):
    """Prior of a parameter: a distribution with its arguments, within bounds."""

    bounds: Bounds | None = setting("lowest and highest value", default=None)
    beta: Arguments | None = _law("concentration1, concentration0")
    cauchy: Arguments | None = _law("loc, scale")
    chi2: Arguments | None = _law("df")
    exponential: Arguments | None = _law("rate")
    fisher_snedecor: Arguments | None = _law("df1, df2")
    gamma: Arguments | None = _law("concentration, rate")
    gumbel: Arguments | None = _law("loc, scale")
    half_cauchy: Arguments | None = _law("scale")
    half_normal: Arguments | None = _law("scale")
    inverse_gamma: Arguments | None = _law("concentration, rate")
    laplace: Arguments | None = _law("loc, scale")
    log_normal: Arguments | None = _law("loc, scale, of the logarithm")
    log_uniform: Arguments | None = _law("low, high")
    normal: Arguments | None = _law("loc, scale")
    pareto: Arguments | None = _law("scale, alpha")
    student_t: Arguments | None = _law("df, loc, scale")
    uniform: Arguments | None = _law("low, high")
    weibull: Arguments | None = _law("scale, concentration")

    @model_validator(mode="after")
    def _is_one(self) -> Marginal:
        laws = self.model_fields_set - {"bounds"}
        if len(laws) > 1 or not self.model_fields_set:
            raise refusal("one distribution, or bounds")
        return self

    @model_serializer
    def stated(self) -> Any:
        """What ``prior.over`` reads: bounds alone, or arguments by the name of a distribution."""
        given = {
            name: list(getattr(self, name))
            for name in type(self).model_fields
            if getattr(self, name) is not None
        }
        return given["bounds"] if set(given) == {"bounds"} else given


def _marginal(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {"bounds": value}
    if not isinstance(value, dict):
        raise refusal("[lowest, highest] or {normal: [loc, scale]}")
    return value


AnyMarginal = Annotated[
    Marginal, BeforeValidator(_marginal, json_schema_input_type=Bounds | Marginal)
]


Repair = Annotated[str, only(REMEDIES)]


class Restriction(Section):
    """A prior that is restricted to where runs are valid, as the model says."""

    measurements: Integer = setting(
        "measurements over the whole prior, once for all seeds, that the region is learned from",
        ge=200,
    )
    missed: float = setting(
        "share of valid runs that may lie outside, as far as measurements tell (0 needs very many)",
        default=0.01,
        ge=0,
        lt=0.5,
    )


class Experiment(Section):
    """A problem, an algorithm, an estimator, a budget and seeds."""

    model: Annotated[Text, AfterValidator(_model)] = setting(
        "what is measured: name of a model, or path of a .py file", default="chain"
    )
    serial: Integer | None = setting(
        "which chip, of the chip's model (null: chip.serial)", default=None, ge=0
    )
    parameters: Text = setting(
        "parameterization of the model; of the chain global (one leak and one axial value) or "
        "individual (one for each circuit); with _weight, _leak_potential or both after that of "
        "synapses and leaks, too; with _log at the end all on a logarithmic scale"
    )
    observable: Text = setting(
        "what is compared with the target; of the chain tau, first (heights after an input to "
        "compartment 0), relative (to that in compartment 0), all heights, width or latency (of "
        "the responses to that input), rest (potentials); or the path of a .py file"
    )
    prior: dict[Symbol, AnyMarginal] = setting(
        "prior by name of a parameter: narrower bounds [lowest, highest], or a distribution with "
        "its arguments, {normal: [500, 80]}, maybe within bounds; else uniform, or as the model "
        "states",
        default={},
    )
    scale: dict[Symbol, Literal["linear", "log"]] = setting(
        "log by name of a parameter whose decimal logarithm is inferred in place of it; its "
        "bounds, in prior or of the model, are those of the parameter itself and above 0",
        default={},
    )
    restriction: Restriction | None = setting(
        "the prior is restricted to where runs are valid, of a model that says which are "
        "(docs/own-question.md; null: it is not)",
        default=None,
    )
    target: Text = setting("name of an entry of targets")
    trials: Integer | None = setting(
        "first trials of the target that the posterior is given one by one, by algorithms whose "
        "likelihoods multiply: snle, snre (null: their mean is one observation)",
        default=None,
        ge=1,
    )
    rounds: Rounds = setting("emulations of a seed in each round, at least 20")
    seeds: Seeds = setting("number of repetitions")
    algorithm: Algorithm = setting(
        "how parameters are inferred (docs/algorithms.md)", default="snpe_c"
    )
    estimator: Estimator = setting("density estimator", default=Estimator())
    repair: Repair = setting(
        "what is done to the trained networks before they answer: nothing, one weighted ensemble "
        "without blind or failed ones, importance weights by a smooth or a neural likelihood that "
        "is fitted to their measurements, or levels that the other seeds' measurements correct "
        "(docs/remedies.md)",
        default="none",
    )
    checked_rounds: Literal["last", "all"] = setting(
        "rounds whose posterior is sampled and checked", default="last"
    )
    rounds_as: RoundsAs | None = setting(
        "a job a round (jobs) or all rounds in one job, with equal results (null: as the study)",
        default=None,
    )

    @model_validator(mode="after")
    def _has_parts_of_its_model(self) -> Experiment:
        if not is_file(self.model):
            for key, names in parts(self.model).items():
                value = getattr(self, key)
                if value not in names and not (key == "observable" and is_file(value)):
                    raise choice(names, key)
        return self

    @model_validator(mode="after")
    def _has_rounds(self) -> Experiment:
        if self.rounds_as == "jobs" and not facts(self.algorithm).resumable:
            raise refusal(f"one_job, since {self.algorithm} runs as a whole", "rounds_as")
        if self.trials is not None and not facts(self.algorithm).trials:
            able = [name for name in ALGORITHMS if facts(name).trials]
            raise refusal(
                f"null, since {self.algorithm} is given one observation (several by "
                f"{', '.join(able)})",
                "trials",
            )
        if self.rounds != budgets(self.algorithm, self.rounds):
            raise refusal(f"one number, since {self.algorithm} has no rounds", "rounds")
        if self.estimator.added and not facts(self.algorithm).resumable:
            raise refusal(
                f"no {self.estimator.added[0]}, since {self.algorithm} trains no networks of the "
                "study",
                "estimator",
            )
        if self.estimator.balance and len(self.rounds) > 1:
            raise refusal("one number, since the estimator has a balance", "rounds")
        if self.repair != "none" and not facts(self.algorithm).resumable:
            raise refusal(f"none, since {self.algorithm} trains no networks of the study", "repair")
        if self.restriction is not None and facts(self.algorithm).search:
            raise refusal(
                f"null, since {self.algorithm} has no posterior, which a prior is a part of",
                "restriction",
            )
        if REMEDIES[self.repair].one_round and len(self.rounds) > 1:
            raise refusal(f"one number, since repair is {self.repair}", "rounds")
        if lacks := lacking(self.repair, self.seeds, sum(self.rounds)):
            raise refusal(lacks[1], lacks[0])
        return self

    def plain(self) -> dict[str, Any]:
        """Settings that results depend on as plain values, so without ``rounds_as``."""
        return self.model_dump(mode="json", exclude={"rounds_as", "estimator"}) | {
            "estimator": self.estimator.plain()
        }


SbibmTask = Annotated[str, only(SBIBM_TASKS)]
SbibmObservation = Annotated[int, Field(ge=1, le=10), Whole]
SbibmBudget = Annotated[int, Field(ge=200), Whole]


class Sizes(Section):
    """Sizes of the estimator: every one of transforms with every one of hidden (Figure 7).

    They make experiments ``size_2d_<transforms>x<hidden>``, and with permutations that reverse the
    order ``reverse_2d_<transforms>x<hidden>``.
    """

    like: Text = setting("experiment that is repeated with other sizes of its estimator")
    transforms: Annotated[tuple[Transforms, ...], Field(min_length=1), Series, Different] = setting(
        "transforms of the flow in a row"
    )
    hidden: Annotated[tuple[Width, ...], Field(min_length=1), Series, Different] = setting(
        "hidden units of a block"
    )
    reverse: Annotated[tuple[Size, ...], Series, Different] = setting(
        "[transforms, hidden] that are repeated with permutations: reverse"
    )
    rounds: Rounds | None = setting("emulations in each round (null: as like)", default=None)
    seeds: Seeds | None = setting("number of repetitions (null: as like)", default=None)

    def experiments(self, like: Experiment) -> dict[str, Experiment]:
        """Experiments by name, which are as ``like`` where nothing else is said."""
        budget = {"rounds": self.rounds or like.rounds, "seeds": self.seeds or like.seeds}

        def sized(**estimator: Any) -> Experiment:
            changed = like.estimator.model_copy(update=estimator)
            return like.model_copy(update={**budget, "estimator": changed})

        return {
            f"size_2d_{transforms}x{hidden}": sized(transforms=transforms, hidden=hidden)
            for transforms in self.transforms
            for hidden in self.hidden
        } | {
            f"reverse_2d_{transforms}x{hidden}": sized(
                transforms=transforms, hidden=hidden, permutations="reverse"
            )
            for transforms, hidden in self.reverse
        }


class Sbibm(Section):
    """SNPE on the tasks of sbibm (docs/sbibm.md), in ten rounds of equal size."""

    tasks: Annotated[tuple[SbibmTask, ...], Field(min_length=1), Series, Different] = setting(
        "tasks that are run"
    )
    observations: Annotated[
        tuple[SbibmObservation, ...], Field(min_length=1), Series, Different
    ] = setting("numbers of the observations of a task, 1 to 10, whose networks train together")
    budgets: Annotated[tuple[SbibmBudget, ...], Field(min_length=1), Series, Different] = setting(
        "simulations of an observation in all ten rounds"
    )
    samples: Annotated[int, Field(ge=20, le=10_000), Whole] = setting(
        "samples that are compared with as many of the reference"
    )
    batch_size: Integer = setting("simulations a step of training, at most those of a round", ge=2)
    max_draws: Integer = setting(
        "draws a network before sampling gives up because of leakage", ge=1000
    )
    estimator: Estimator = setting("density estimator")


class CompareAlgorithms(Section):
    """Every algorithm at the same budgets: experiments ``compare_<algorithm>_<budget>``."""

    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1), Series, Different] = setting(
        "algorithms that are compared"
    )
    rounds: Annotated[tuple[Rounds, ...], Field(min_length=1), Series] = setting(
        "emulations in each round, a list a budget; algorithms without rounds spend it at once"
    )
    seeds: Seeds = setting("number of repetitions")
    experiment: Text = setting("experiment whose problem and estimator the algorithms get")
    batch_size: Integer = setting("measurements a step of training", ge=2)
    tests: Integer = setting("of calibration.tests, put to amortized algorithms", ge=1)

    @field_validator("rounds")
    @classmethod
    def _are_budgets(cls, rounds: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        budgets = [sum(part) for part in rounds]
        for index, budget in enumerate(budgets):
            if budget in budgets[:index]:
                raise refusal(f"budgets of different sums, {budget} stands before", index)
        return rounds

    @property
    def titles(self) -> dict[str, str]:
        """What the algorithms are shown by, by name."""
        return {name: facts(name).title for name in self.algorithms}

    def experiments(self, like: Experiment) -> dict[str, Experiment]:
        """Experiments by name, with problem and estimator of ``like``."""
        return {
            f"compare_{algorithm}_{sum(rounds)}": like.model_copy(
                update={
                    "rounds": budgets(algorithm, rounds),
                    "seeds": self.seeds,
                    "algorithm": algorithm,
                    "checked_rounds": "last",
                    "rounds_as": None,
                    "repair": "none",
                    "restriction": None,
                }
            )
            for rounds in self.rounds
            for algorithm in self.algorithms
        }
