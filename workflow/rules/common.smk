# The study, and the functions that rules take inputs and params from.

import analog_sbi.garbage  # before what it is about
import atexit
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

if " " in sys.executable:
    raise WorkflowError(
        f"expected a Python whose path has no spaces, found {sys.executable}; "
        "Snakemake does not start jobs by it"
    )

from analog_sbi import algorithms
from analog_sbi import study as typed
from analog_sbi.backends import names as backends
from analog_sbi.errors import StudyError
from analog_sbi.logs import duration
from analog_sbi.models import is_file, load, stem
from analog_sbi.ownership import claim_locks, release_abandoned_locks
from analog_sbi.paper.places import folder
from analog_sbi.problem import expect_same
from analog_sbi.provenance import code_digest, config_digest, file_digest
from analog_sbi.reasons import ShortReasons
from analog_sbi.remedies.facts import REMEDIES as KNOWN_REMEDIES
from analog_sbi.study import availability, budgets, command_line, posing, repeated_keys
from analog_sbi.threads import one_thread_a_job

one_thread_a_job()
logger.addFilter(ShortReasons())
complete(config)

try:
    repeated_keys.check_once(workflow.configfiles)
    study = typed.load(command_line.typed(config, workflow.config_settings.config))
    availability.check_available(study)
    posing.check(study)
    if workflow.is_main_process:
        posing.try_model(study)
except StudyError as error:
    raise WorkflowError(f"configuration: {error}")

if workflow.is_main_process:
    # A plan ends without a hook.
    atexit.register(lambda: tell_of_chip_time() if workflow.dryrun else None)

# A run that was killed is no reason for the next one to refuse to start.
release_abandoned_locks(Path(".snakemake"))

BACKEND = study.backend
PLACE = folder(BACKEND)  # of figures, claims and texts
SMALLER = budgets.smaller(study, CONFIGURATION)
EXPERIMENTS = study.experiments
MODELS = [load(model) for model in posing.models(study)]


wildcard_constraints:
    backend="|".join(backends()),
    model="|".join(posing.folders(study)),
    experiment="|".join(EXPERIMENTS),
    target="|".join((*study.targets, *study.target_positions())),
    round=r"\d+",
    parameters="|".join(
        {f"{name}(?:_log)?" for model in MODELS for name in model.parameterizations}
    ),
    observable="|".join({name for model in MODELS for name in model.observables}),


def refuse(reason):
    """End Snakemake in one line, from an input function.

    What Snakemake makes of another exception there ends in a traceback.
    """
    raise SystemExit(f"configuration: {reason}")


def refused(check, *arguments):
    """Call a check of an input function, which refuses what it raises."""
    try:
        check(study, *arguments)
    except StudyError as error:
        refuse(error)


def run_as(how, count=None):
    """Constraint of the wildcard experiment after a backend on which its rounds run so.

    Of experiments with ``count`` rounds, if that is given. A rule with it has a folder of the
    backend right before that of the experiment.
    """
    parts = []
    for backend in backends():
        names = [
            name
            for name, experiment in EXPERIMENTS.items()
            if study.rounds_as(name, backend) == how and count in (None, len(experiment.rounds))
        ]
        parts += [f"(?<=/{backend}/)(?:{'|'.join(names)})"] if names else []
    return "|".join(parts) or "(?!)"


@cache
def code(script, *modules):
    """Digest of a script and all it imports, and of modules that it loads by name."""
    return code_digest(beside(f"../scripts/{script}.py"), *modules, called=f"scripts/{script}.py")


def place_of(wildcards):
    """Folder of the model of an experiment, or that is named; the chain where neither is."""
    if "experiment" in wildcards.keys():
        return posing.folder_of(study, EXPERIMENTS[wildcards.experiment])
    return wildcards.get("model", "chain")


def model_of(wildcards):
    """Model of an experiment or of a folder of results; the chain where neither is named."""
    return posing.folders(study)[place_of(wildcards)][0]


def folder_of(wildcards):
    """Folder of what is measured of the model of an experiment, below the results."""
    return f"results/{wildcards.backend}/{place_of(wildcards)}"


def setup_of(wildcards):
    return posing.setup(study, wildcards.backend, *posing.folders(study)[place_of(wildcards)])


def setup(wildcards):
    """Backend and model with the settings that a measurement depends on, as plain data."""
    return setup_of(wildcards).plain()


def problem(wildcards):
    """Problem of an experiment, as plain data."""
    return posing.problem(study, wildcards.experiment, wildcards.backend).plain()


def problem_key(wildcards):
    return posing.problem(study, wildcards.experiment, wildcards.backend).key


def problem_of_round(wildcards):
    """Key of the problem that a round's parameters were proposed for; none of the first.

    Those are drawn from the prior, whatever the target is.
    """
    return problem_key(wildcards) if int(wildcards.round) else None


def parameterization(wildcards):
    """Parameterization that an experiment infers, with its logarithms."""
    return posing.problem(study, wildcards.experiment, wildcards.backend).parameterization


def model_modules(wildcards):
    """Module of the model, which jobs load by name; a file's digest is in its setup."""
    model = model_of(wildcards)
    return [] if is_file(model) else [f"analog_sbi.models.{model}"]


def model_code(script, observables=None):
    """Function of the wildcards: digest of a script that reads features, with the model.

    ``observables`` gives those that the job makes features of, by name or file, where its problem
    does not tell them.
    """

    def digest(wildcards):
        return with_files(code(script, *model_modules(wildcards)), observables, wildcards)

    return digest


def backend_code(script, observables=None):
    """Function of the wildcards: digest of a script that measures, with backend and model.

    ``observables`` as in ``model_code``.
    """

    def digest(wildcards):
        modules = availability.backend_modules(study, wildcards.backend)
        own = code(script, *modules, *model_modules(wildcards))
        return with_files(own, observables, wildcards)

    return digest


def with_files(digest, observables, wildcards):
    """Digest of code together with files of observables, where there are any among them."""
    files = list(filter(is_file, observables(wildcards))) if observables else []
    return config_digest([digest, *map(file_digest, files)]) if files else digest


def chip_of(wildcards):
    """Jobs that touch the chip hold it; the model and simulators need none."""
    return 1 if wildcards.backend == "bss2" else 0


def chip_container(wildcards):
    """Image of the jobs that touch the chip, if the configuration names one."""
    return study.bss2.container if wildcards.backend == "bss2" else None


def no_container(wildcards):
    return None


def chip_time(measurements):
    """Function of the wildcards: how long a job takes on the chip, as words for its message.

    ``measurements`` gives the number of parameter sets from the wildcards. No words for others.
    """

    def words(wildcards):
        if wildcards.backend != "bss2":
            return ""
        seconds = availability.chip_seconds(study, measurements(wildcards))
        told = f", about {duration(seconds)} of chip time"
        CHIP_SECONDS[told, str(wildcards)] = seconds
        return told

    return words


CHIP_SECONDS = {}  # of each job that is told of, by its words and wildcards


def tell_of_chip_time():
    """Say how long all jobs that will run take on the chip."""
    if workflow.dag is None:
        return
    jobs = workflow.dag.needrun_jobs(exclude_finished=False)
    keys = [(str(job.resources.get("chip_time", "")), str(job.wildcards)) for job in jobs]
    seconds = sum(CHIP_SECONDS.get(key, 0) for key in keys)
    if seconds:
        print(f"All jobs together: about {duration(seconds)} of chip time", file=sys.stderr)


def constant(value):
    """Function of the wildcards that gives the same for all."""
    return lambda wildcards: value


def measuring_threads(wildcards):
    """Arbor spreads a batch over all cores it is given; the chip and its model use one."""
    return workflow.cores or 1 if wildcards.backend == "arbor" else 1


def target_table(wildcards):
    """Trials of the target of an experiment."""
    target = EXPERIMENTS[wildcards.experiment].target
    return f"{folder_of(wildcards)}/targets/{target}.parquet"


def calibration_table(wildcards):
    """Calibration of what an experiment measures."""
    return f"{folder_of(wildcards)}/calibration.parquet"


def round_tables(name, wildcards):
    """Tables of all rounds up to that of the wildcards."""
    rounds = range(int(wildcards.round) + 1)
    return [
        f"results/{wildcards.backend}/{wildcards.experiment}/round_{number}/{name}"
        for number in rounds
    ]


def posteriors(rounds):
    """Function of the wildcards: posteriors after the rounds that ``rounds`` gives of a name."""

    def paths(wildcards):
        folder = f"results/{wildcards.backend}/{wildcards.experiment}"
        file = answering(wildcards.experiment)
        return [f"{folder}/round_{number}/{file}" for number in rounds(wildcards.experiment)]

    return paths


def answering(name):
    """File of a round that has the posterior of an experiment which is asked, repaired or not."""
    return "posterior.pt" if EXPERIMENTS[name].repair == "none" else "repaired.pt"


def every_round(name):
    return range(len(EXPERIMENTS[name].rounds))


def shared_observables(wildcards):
    """Observables whose features a table holds that serves several experiments."""
    served = (
        name
        for name, experiment in EXPERIMENTS.items()
        if experiment.target == wildcards.get("target", experiment.target)
        and experiment.parameters == wildcards.get("parameters", experiment.parameters)
    )
    return posing.observables(study, setup_of(wildcards), served)


def read_settings(wildcards):
    """What a target's file is read with."""
    return posing.trials_settings(study, setup_of(wildcards), wildcards.target)


def own_observables(wildcards):
    """Observables whose features the tables of an experiment hold."""
    return posing.observables(study, setup_of(wildcards), [wildcards.experiment])


def target_observables(wildcards):
    """Observables whose features the table of an experiment's target holds."""
    target = EXPERIMENTS[wildcards.experiment].target
    served = (name for name, experiment in EXPERIMENTS.items() if experiment.target == target)
    return posing.observables(study, setup_of(wildcards), served)


def repeats(target):
    """Plan of the trials of a target that is measured."""
    return {"kind": "repeat", "position": list(target.position), "count": target.trials}


def draws(count, *purpose):
    """Plan of parameters drawn evenly, with random numbers of a purpose of their own."""
    return {"kind": "draw", "count": count, "purpose": list(purpose)}


def round_size(wildcards):
    """Measurements of a round, without those of seeds that stay as they are."""
    experiment = EXPERIMENTS[wildcards.experiment]
    table = f"results/{wildcards.backend}/{wildcards.experiment}/round_{wildcards.round}"
    seeds = seeds_to_measure(f"{table}/observations.parquet", experiment.seeds)
    return seeds * experiment.rounds[int(wildcards.round)]


def predictive_size(table, rounds, members):
    """Function of the wildcards: measurements of posterior samples, without those that stay.

    ``rounds`` and ``members`` give the rounds and the number of seeds or ensembles of a name.
    """

    def size(wildcards):
        name = wildcards.experiment
        path = f"results/{wildcards.backend}/{name}/{table}"
        each = len(rounds(name)) * study.predictive.samples
        return seeds_to_measure(path, members(name)) * each

    return size


def seeds_of(name):
    """Number of posteriors of an experiment that are asked: one of networks that are pooled."""
    experiment = EXPERIMENTS[name]
    return 1 if KNOWN_REMEDIES[experiment.repair].pools else experiment.seeds


def ensembles_of(name):
    return EXPERIMENTS[name].seeds // study.ensemble.size
