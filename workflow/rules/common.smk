# Validation, and the functions that rules take inputs and params from.

from functools import partial
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

from analog_sbi import configuration, experiments
from analog_sbi.algorithms import AMORTIZED
from analog_sbi.algorithms import modules as algorithm_modules
from analog_sbi.checks import register
from analog_sbi.errors import StudyError
from analog_sbi.inference import TRAINERS
from analog_sbi.provenance import code_digest
from analog_sbi.stale import release_stale_locks
from analog_sbi.threads import one_thread_a_job

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"

one_thread_a_job()

SCHEMA = yaml.safe_load((Path(workflow.basedir) / "config" / "schema.yaml").read_text())

try:
    configuration.check(config, SCHEMA)
    configuration.check_available(config)
except StudyError as error:
    raise WorkflowError(f"configuration: {error}")

# A run that was killed is no reason for the next one to refuse to start.
alive = release_stale_locks(Path(".snakemake"))

COMPARED = experiments.compared(config)
config["experiments"] |= COMPARED

BACKEND = config["backend"]
EXPERIMENTS = config["experiments"]
IN_ONE_JOB = experiments.in_one_job(config)
IN_ROUNDS = [name for name in EXPERIMENTS if name not in IN_ONE_JOB]
TARGETS = experiments.targets(config)
FIGURES = (2, 3, 4, 5, 6, 7, 8, 9)
REFERENCE = config["reference"]
REFERENCE_TARGET = f"results/{{backend}}/targets/{REFERENCE['target']}.parquet"
REFERENCE_FOLDER = "results/{backend}/reference/{parameters}_{observable}"
REFERENCE_LOG = "{backend}_{parameters}_{observable}"


wildcard_constraints:
    backend="|".join(SCHEMA["properties"]["backend"]["enum"]),
    experiment="|".join(EXPERIMENTS),
    target="|".join(TARGETS),
    round=r"\d+",
    parameters="global|individual",
    observable="tau|first|all",
    module="|".join(register.MODULES),


def code(script, *modules):
    """Digest of a script and all it imports."""
    return code_digest(SCRIPTS / f"{script}.py", *modules)


def backend_code(script):
    """Function of the wildcards: the same, with the backend that the job loads by name."""

    def digest(wildcards):
        return code(script, *configuration.backend_modules(config, wildcards.backend))

    return digest


def backend_settings(wildcards):
    return configuration.backend_settings(config, wildcards.backend)


def target_position(wildcards):
    return TARGETS[wildcards.target]


def chip_of(wildcards):
    """Jobs that touch the chip hold it; the model and simulators need none."""
    return 1 if wildcards.backend == "bss2" else 0


def chip_container(wildcards):
    """Image of the jobs that touch the chip, if the configuration names one."""
    return config["bss2"]["container"] if wildcards.backend == "bss2" else None


def no_container(wildcards):
    return None


def chip_time(measurements):
    """Function of the wildcards: how long a job takes on the chip, as words for its message.

    ``measurements`` gives the number of parameter sets from the wildcards. No words for others.
    """

    def words(wildcards):
        if wildcards.backend != "bss2":
            return ""
        told = configuration.chip_time(config, measurements(wildcards))
        return f", about {told} of chip time"

    return words


def constant(value):
    """Function of the wildcards that gives the same for all."""
    return lambda wildcards: value


def round_size(wildcards):
    experiment = EXPERIMENTS[wildcards.experiment]
    return experiment["seeds"] * experiment["rounds"][int(wildcards.round)]


def predictive_size(wildcards):
    experiment = EXPERIMENTS[wildcards.experiment]
    rounds = len(experiments.checked_rounds(experiment))
    return experiment["seeds"] * rounds * config["predictive"]["samples"]


def measuring_threads(wildcards):
    """Arbor spreads a batch over all cores it is given; the chip and its model use one."""
    return workflow.cores or 1 if wildcards.backend == "arbor" else 1


def experiment_settings(wildcards):
    return experiments.experiment_settings(config, wildcards.experiment)


def emulations(wildcards):
    return EXPERIMENTS[wildcards.experiment]["rounds"][0]


def proposals(wildcards):
    """Emulations a seed that the next round asks for, 0 after the last one."""
    rounds = EXPERIMENTS[wildcards.experiment]["rounds"]
    following = int(wildcards.round) + 1
    return rounds[following] if following < len(rounds) else 0


def proposed_parameters(wildcards):
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    number = int(wildcards.round)
    return f"{folder}/round_{number - 1}/proposal.parquet" if number else f"{folder}/prior.parquet"


def rounds_so_far(name, wildcards):
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    return [f"{folder}/round_{r}/{name}.parquet" for r in range(int(wildcards.round) + 1)]


def previous_posterior(wildcards):
    number = int(wildcards.round)
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    return [f"{folder}/round_{number - 1}/posterior.pt"] if number else []


def target_table(wildcards):
    target = EXPERIMENTS[wildcards.experiment]["target"]
    return f"results/{wildcards.backend}/targets/{target}.parquet"


def checked_posteriors(wildcards):
    """Posteriors of the last round, or of all rounds where the experiment asks for them."""
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    return [
        f"{folder}/round_{number}/posterior.pt"
        for number in experiments.checked_rounds(EXPERIMENTS[wildcards.experiment])
    ]


def every_posterior(wildcards):
    rounds = range(len(EXPERIMENTS[wildcards.experiment]["rounds"]))
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    return [f"{folder}/round_{number}/posterior.pt" for number in rounds]


def reference_samples(wildcards):
    """Samples of the reference posterior of the problem that an experiment infers."""
    problem = experiments.reference_problem(config, wildcards.experiment)
    return f"results/{wildcards.backend}/reference/{problem}/samples.parquet"


def algorithm_training(wildcards):
    return experiments.training_settings(config, wildcards.experiment)


def algorithm_code(wildcards):
    """Digest of what runs an algorithm: all of them, and the backend."""
    return code(
        "run_algorithm",
        *algorithm_modules(),
        *configuration.backend_modules(config, wildcards.backend),
    )


def algorithm_size(wildcards):
    experiment = EXPERIMENTS[wildcards.experiment]
    return experiment["seeds"] * sum(experiment["rounds"])


def compared_tables(name):
    """Tables of the same name of all experiments that compare algorithms."""
    return [f"results/{BACKEND}/{part}/{name}.parquet" for part in COMPARED]


def compared_problem(path, wildcards):
    """Table of the problem that algorithms are compared on: its reference or its target."""
    name = config["compare_algorithms"]["experiment"]
    problem = experiments.reference_problem(config, name)
    target = EXPERIMENTS[name]["target"]
    return f"results/{BACKEND}/{path.format(problem=problem, target=target)}.parquet"


def algorithm_tests(wildcards):
    """Tests that amortized algorithms answer; the others need none."""
    amortized = EXPERIMENTS[wildcards.experiment].get("algorithm") in AMORTIZED
    return test_table(wildcards) if amortized else []


def compared_rounds(wildcards):
    return experiments.compared_rounds(config, wildcards.experiment)


def asked_targets(wildcards):
    return experiments.asked_targets(config, wildcards.experiment)


def asked_tables(wildcards):
    names = asked_targets(wildcards)
    return [f"results/{wildcards.backend}/targets/{name}.parquet" for name in names]


def test_table(wildcards):
    """Parameters from the prior and measurements that posteriors of an experiment are tested on."""
    kind = EXPERIMENTS[wildcards.experiment]["parameters"]
    return f"results/{wildcards.backend}/tests/{kind}.parquet"


def calibration_settings(wildcards):
    """What posteriors are asked, beside the number of tests."""
    return {key: config["calibration"][key] for key in ("samples", "levels", "trials")}


def training_code(script):
    """Digest of a script and of the trainer that the configuration names."""
    return code(script, TRAINERS[config["training"]])


def plane_settings(backend, wildcards):
    return configuration.plane_settings(config, backend)


def amortized_tables(wildcards):
    names = experiments.amortized_targets(config)
    return [f"results/{wildcards.backend}/targets/{name}.parquet" for name in names]


def estimator_tables(kind, wildcards):
    """Tables of the experiments that vary size and permutations of the estimator."""
    names = register.of_sizes(tuple(EXPERIMENTS))
    return [f"results/{BACKEND}/{name}/{kind}.parquet" for name in names]


def claim_inputs(wildcards):
    """Artifacts that the claims of a module are decided from, of configured experiments."""
    return register.inputs(wildcards.module, BACKEND, tuple(EXPERIMENTS))


def claim_settings(wildcards):
    return configuration.plane_settings(config, BACKEND)


def claim_code(wildcards):
    return code(
        "check_claims",
        f"analog_sbi.checks.{wildcards.module}",
        *configuration.backend_modules(config, BACKEND),
    )


def reference_settings(wildcards):
    """Settings of a reference posterior: the common ones and those for its parameters."""
    kinds = ("global", "individual", "problems")
    common = {key: value for key, value in REFERENCE.items() if key not in kinds}
    return common | REFERENCE[wildcards.parameters]


def reference_errors(wildcards):
    """Tables of errors of all reference posteriors."""
    return [
        f"results/{BACKEND}/reference/{problem['parameters']}_{problem['observable']}/error.parquet"
        for problem in REFERENCE["problems"]
    ]


def reference_emulations(wildcards):
    """Emulations in the region, those for calibration included."""
    return REFERENCE["emulations"] + REFERENCE[wildcards.parameters]["draws"]


def show_claims():
    """Collect what has been checked so far, so that one figure alone also ends in the table."""
    from analog_sbi.checks.table import collect

    told = collect(Path("results"))
    if told:
        print(f"Claims: {told}; see results/claims.md")
