"""Sections of the configuration that know nothing of one another: what is measured, and how."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import model_validator

from analog_sbi.models.tree import MIN_LENGTH, Tree
from analog_sbi.study.values import (
    MAX_LENGTH,
    Bounds,
    Codes,
    Counts,
    Different,
    Image,
    Integer,
    Length,
    Lengths,
    Names,
    Parents,
    Section,
    Seeds,
    Series,
    Shifts,
    Text,
    Times,
    Weights,
    refusal,
    setting,
)


class Chain(Section):
    """The neuron: passive compartments, a chain or a tree."""

    length: Length = setting("number of compartments of the chain, of two circuits each on a chip")
    parents: Parents | None = setting(
        "a tree: the earlier compartment that each one is joined to, null for the first, such as "
        "[null, 0, 1, 1, 0], which sets the length (null: a chain)",
        default=None,
    )

    @property
    def tree(self) -> Tree:
        """The compartments and which of them are joined."""
        return Tree.of(self.length, self.parents)

    @model_validator(mode="before")
    @classmethod
    def _counts_parents(cls, value: Any) -> Any:
        """Set the length to the number of parents, where there are any."""
        parents = value.get("parents") if isinstance(value, dict) else None
        if isinstance(parents, list | tuple) and MIN_LENGTH <= len(parents) <= MAX_LENGTH:
            return {**value, "length": len(parents)}
        return value


class Limits(Section):
    """Range of the inputs; DAC codes of conductances up to 3068 (to 1022 is division mode)."""

    leak: Codes = setting("lowest and highest DAC code of the leak conductance", "DAC code")
    axial: Codes = setting("lowest and highest DAC code of the axial conductance", "DAC code")
    weight: Weights = setting(
        "lowest and highest weight of each synapse, where it is a parameter", default=(1, 63)
    )
    leak_potential: Shifts = setting(
        "lowest and highest shift of the leak potential from its calibrated code, where it is a "
        "parameter, within 300",
        "DAC code",
        default=(-100, 100),
    )


class CableLimits(Section):
    """Range of inputs of the chain in Arbor beside conductances."""

    weight: Times = setting(
        "lowest and highest weight of the synapse of a compartment, where it is a parameter",
        "uS",
        default=(0.01, 0.1),
    )
    leak_potential: Bounds = setting(
        "lowest and highest shift of the leak potential from -65 mV, where it is a parameter",
        "mV",
        default=(-10.0, 10.0),
    )


class Chip(Section):
    """The BrainScaleS-2 chip and its model."""

    serial: Integer = setting("which chip; seeds the fixed pattern of the model", ge=0)
    limits: Limits = setting("range of each kind of parameter")
    spike_interval: float = setting(
        "time between inputs to neighbouring compartments, at least 50", "us", ge=50
    )
    inputs: Integer = setting(
        "synapses that are driven at once, of the 256 of a circuit", ge=1, le=256
    )
    weight: Integer = setting("weight of each synapse, 1 to 63", ge=1, le=63)


class Bss2(Section):
    """How the backend bss2 reaches the chip (docs/hardware.md)."""

    module: str = setting(
        "PyNN module of the chip; analog_sbi.chip.pynn runs the program on the chip's model",
        pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$",
    )
    calibrate_with: Literal["file", "calix"] = setting(
        "an existing calibration (file), or calibrate now (calix)"
    )
    calibration_file: Text | None = setting(
        "path of the calibration that is read (null: the chip's nightly one) or written by calix"
    )
    averages: Integer = setting("repetitions in a run that are averaged", ge=1)
    retries: Integer = setting(
        "repetitions of a run that fails, before its heights count as missing", ge=0
    )
    retry_wait: float = setting(
        "time before a failed run is repeated, twice as long each further time", "s", ge=0
    )
    run_limit: float = setting("time after which a run counts as failed", "s", gt=0)
    parts: Text = setting(
        "folder of the measurements of an unfinished job, from which the next one goes on"
    )
    lock_folder: Text | None = setting(
        "folder of the locks that keep a chip to one process (null: the temporary folder)"
    )
    container: Image | None = setting(
        "Apptainer image of the measuring jobs, a path or address without spaces, used with "
        "--sdm apptainer (null: none)"
    )


class Arbor(Section):
    """The chain simulated in Arbor, time in ms."""

    spike_interval: float = setting(
        "time between inputs to neighbouring compartments, at least 50", "ms", ge=50
    )
    weight: float = setting("weight of the one synapse of a compartment", "uS", gt=0)
    tau_synapse: float = setting("time constant of the synapse", "ms", gt=0)
    tau_membrane: Times = setting(
        "shortest and longest membrane time constant, range of the leak conductance", "ms"
    )
    tau_axial: Times = setting(
        "shortest and longest axial time constant, range of the axial conductance", "ms"
    )
    compartment_length: float = setting("length of a compartment", "um", gt=0)
    compartment_diameter: float = setting("diameter of a compartment", "um", gt=0)
    capacitance: float = setting("capacitance of a compartment", "pF", gt=0)
    limits: CableLimits = setting(
        "range of further inputs, where they are parameters", default=CableLimits()
    )


class SeveralTrials(Section):
    """Posteriors given several trials of a target one by one."""

    numbers: Counts = setting("numbers of trials that posteriors are given")


class Characterization(Section):
    """Time constants over the range of a parameter."""

    steps: Integer = setting("parameters at which time constants are measured", ge=2, le=1000)


class Grid(Section):
    """The grid search in the plane of leak and axial conductance."""

    steps: Integer = setting("parameters a dimension", ge=2, le=1000)


class Trials(Section):
    """How targets are measured."""

    trials: Integer = setting("measurements of each target", ge=2)


class Amortized(Section):
    """Random targets that the first round's posterior of an experiment is asked for."""

    targets: Integer = setting(
        "targets drawn from the prior, beside the experiment's own", ge=1, le=1000
    )
    experiment: Text = setting("experiment with global parameters whose first round is asked")


class Inference(Section):
    """Training of estimators and sampling of posteriors, by sbi's names."""

    batch_size: Integer = setting("measurements a step of training", ge=2)
    learning_rate: float = setting("learning rate of Adam", gt=0)
    num_atoms: Integer = setting("atoms of the loss in later rounds", ge=2)
    validation_fraction: float = setting(
        "part of the measurements that training is validated on", gt=0, lt=1
    )
    stop_after_epochs: Integer = setting("epochs without improvement before training ends", ge=1)
    clip_max_norm: float = setting("largest norm of a gradient", gt=0)
    max_missing: float = setting("largest fraction of missing measurements", ge=0, le=1)
    max_draws: Integer = setting(
        "draws a seed before sampling gives up because of leakage", ge=1000
    )


class Predictive(Section):
    """Samples of posteriors, and their predictive check."""

    samples: Integer = setting("posterior samples of each seed", ge=2)
    shown: Integer = setting("samples in scatter plots, at most predictive.samples of them", ge=1)
    seed: Integer = setting("the seed that figures show, counted from 0", ge=0)

    @model_validator(mode="after")
    def _shows_what_is_there(self) -> Predictive:
        if self.shown > self.samples:
            raise refusal(f"at most predictive.samples = {self.samples}", "shown")
        return self


class Ensemble(Section):
    """Networks of several seeds as one posterior."""

    size: Integer = setting("consecutive seeds whose networks are one mixture", ge=1)


class Distances(Section):
    """Distances of posteriors to the reference posterior."""

    samples: Integer = setting("samples of each of two posteriors that are compared", ge=20)
    every_round: Names = setting(
        "experiments whose rounds are all compared with the reference, else first and last"
    )


class Misspecification(Section):
    """Can the prior produce the target?"""

    compared: Integer = setting(
        "prior-predictive observations that a target is compared with, at most half of all", ge=20
    )
    alpha: float = setting(
        "level of the tests, below which a target is not what the prior can produce", gt=0, lt=1
    )


class Calibration(Section):
    """Coverage of the first round's posteriors, on tests drawn from the prior."""

    tests: Integer = setting("parameters drawn from the prior, each measured once", ge=100)
    samples: Integer = setting("posterior samples given each test", ge=50)
    levels: Integer = setting("even steps of the credibility level", ge=2)
    trials: Integer = setting(
        "classifiers under the null hypothesis of the local test; p is a multiple of 1/trials", ge=1
    )


class Density(Section):
    """Densities of posteriors in two dimensions."""

    steps: Integer = setting("points a dimension of the plane of densities", ge=2, le=10_000)


class Degrees(Section):
    """Total degrees of the polynomials of an estimated likelihood."""

    mean: Integer = setting("total degree of the polynomial for the mean", ge=1)
    scale: Integer = setting("total degree of the polynomial for the scale", ge=1)
    coupling: Integer = setting("total degree of the polynomial for coupled components", ge=0)


class Walkers(Section):
    """Length of the Markov chains of an ensemble sampler."""

    walkers: Integer = setting("walkers that move together", ge=16)
    burn_in: Integer = setting("steps that are forgotten", ge=0)
    steps: Integer = setting("steps that are kept", ge=10)


class Likelihood(Section):
    """How the likelihood of a kind of parameters is estimated."""

    survey_degrees: Degrees = setting("degrees over the whole prior")
    degrees: Degrees = setting("degrees in the region of the posterior")
    cells: Integer = setting("cells a dimension that the shape of the likelihood varies over", ge=1)
    draws: Integer = setting("parameters that are ranked in calibration", ge=2)


class ReferenceProblem(Section):
    """What a reference posterior is of."""

    parameters: Literal["global", "individual"] = setting(
        "one value for the chain or one for each circuit"
    )
    observable: Text = setting("what is compared with the target")

    @property
    def folder(self) -> str:
        """Name of its folder below those of reference posteriors."""
        return f"{self.parameters}_{self.observable}"


class Particles(Section):
    """Particles that are measured repeatedly wherever they go, from networks to a posterior."""

    count: Integer = setting("particles of each run", ge=20)
    repeats: Integer = setting("emulations of each particle, more than the features by 2", ge=4)
    moves: Integer = setting("moves of all particles after each step towards the posterior", ge=1)
    last: Integer = setting("further moves at the end", ge=0)
    runs: Integer = setting("runs beside one another, whose difference tells the error", ge=1)
    blur: float = setting("noise of each feature, as part of its sd over the prior", gt=0)


class Reference(Section):
    """Posteriors without networks: likelihoods estimated from very many measurements."""

    problems: Annotated[tuple[ReferenceProblem, ...], Series, Different] = setting(
        "what reference posteriors are of"
    )
    target: Text = setting("name of an entry of targets, which reference posteriors are given")
    samples: Integer = setting("samples of each posterior", ge=2)
    survey: Integer = setting("emulations over the prior that tell where a posterior lies", ge=1000)
    emulations: Integer = setting("emulations in the region that holds the posterior", ge=1000)
    temper: float = setting(
        "exponent of the likelihood that the region is located with (0.25 doubles widths)",
        gt=0,
        le=1,
    )
    located: Integer = setting("samples that the region is located with", ge=100)
    margin: float = setting("margin around these samples, as part of their range", ge=0)
    chain: Walkers = setting("walkers of each of two ensembles")
    short_chain: Walkers = setting("walkers to locate the region, and for calibration")
    compared: Integer = setting("samples that are compared when the effort is doubled", ge=100)
    rejected: Integer = setting(
        "emulations nearest to the target, samples by rejection to compare with", ge=100
    )
    points: Integer = setting("posterior samples at which emulations are repeated", ge=2)
    repeats: Integer = setting("emulations of each of these samples", ge=20)
    particles: Particles = setting("of models whose likelihood is not smooth")
    global_: Likelihood = setting("for one value for the chain", alias="global")
    individual: Likelihood = setting("for one value for each circuit")


class Benchmark(Section):
    """What the benchmark of speed runs."""

    rounds: Counts = setting("emulations of a seed in each round")
    seeds: Seeds = setting("seeds that are trained at once")
    repetitions: Integer = setting("repetitions of each timing", ge=1)
    figure3_seconds: float = setting("longest time for Figure 3", "s", gt=0)
    emulations: Counts = setting("emulations of which growth of cost is measured")
    lengths: Lengths = setting("lengths of chains of which growth of cost is measured")
    together: Counts = setting("seeds trained at once of which growth of cost is measured")
