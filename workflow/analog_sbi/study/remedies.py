"""Section of the configuration on the comparison of remedies, and the experiments that it makes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from analog_sbi.remedies.facts import lacking
from analog_sbi.study.estimator import Estimator
from analog_sbi.study.experiments import Experiment, Repair
from analog_sbi.study.sections import ReferenceProblem
from analog_sbi.study.values import (
    Different,
    Emulations,
    Integer,
    Name,
    Section,
    Seeds,
    Series,
    refusal,
    setting,
)


class Way(Section):
    """An estimator, and what its networks are repaired by."""

    estimator: Estimator = setting("density estimator", default=Estimator())
    repairs: Annotated[tuple[Repair, ...], Field(min_length=1), Series, Different] = setting(
        "what its networks are repaired by, each by itself (docs/remedies.md)"
    )


class CompareRemedies(Section):
    """Estimators and repairs at the same budgets, on problems that have a reference posterior.

    They make experiments ``remedy_<way>_<budget>_<parameters>_<observable>``, whose networks all
    repairs of a way share.
    """

    problems: Annotated[tuple[ReferenceProblem, ...], Field(min_length=1), Series, Different] = (
        setting("problems of reference.problems that are inferred")
    )
    ways: Annotated[dict[Name, Way], Field(min_length=1)] = setting("ways by name")
    budgets: Annotated[tuple[Emulations, ...], Field(min_length=1), Series, Different] = setting(
        "emulations of a seed, all in one round"
    )
    seeds: Seeds = setting("number of repetitions")
    tests: Integer = setting("of calibration.tests, put to every network", ge=20)
    samples: Integer = setting("posterior samples given each test", ge=20)

    @model_validator(mode="after")
    def _repairs_are_possible(self) -> CompareRemedies:
        for repair in dict.fromkeys(repair for way in self.ways.values() for repair in way.repairs):
            if lacks := lacking(repair, self.seeds, min(self.budgets)):
                key = {"seeds": "seeds", "rounds": "budgets"}[lacks[0]]
                raise refusal(lacks[1], key)
        return self

    def experiments(self, target: str) -> dict[str, Experiment]:
        """Experiments by name, all given one target."""
        return {
            name_of(way, budget, problem): Experiment(
                parameters=problem.parameters,
                observable=problem.observable,
                target=target,
                rounds=(budget,),
                seeds=self.seeds,
                estimator=how.estimator,
            )
            for problem in self.problems
            for budget in self.budgets
            for way, how in self.ways.items()
        }

    def compared(self) -> list[dict[str, str | int]]:
        """What is compared: ``experiment``, ``problem``, ``budget``, ``way`` and ``repair``."""
        return [
            {
                "experiment": name_of(way, budget, problem),
                "problem": problem.folder,
                "budget": budget,
                "way": way,
                "repair": repair,
            }
            for problem in self.problems
            for budget in self.budgets
            for way, how in self.ways.items()
            for repair in how.repairs
        ]


def name_of(way: str, budget: int, problem: ReferenceProblem) -> str:
    """Name of the experiment of a way at a budget."""
    return f"remedy_{way}_{budget}_{problem.folder}"
