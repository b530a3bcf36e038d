# Included last: gives every rule that makes something the key of all that it is made from.

import copy

from snakemake.io import is_flagged
from snakemake.iocontainers import InputFiles, Params
from snakemake.logging import logger
from snakemake.settings.enums import RerunTrigger

from analog_sbi import members
from analog_sbi.lineage import Job, Lineage, foreign, of_a_seed, otherwise, stored_key

FOREIGN = (
    "expected a file that this study wrote, found another one; move it away, it is not overwritten"
)


def carry_lineage(steps):
    """Give rules params ``key`` and ``input_keys``; what carries another key is made again.

    ``steps`` are rules by their names in this study, which a module may have renamed.

    Params that are functions of the wildcards are compared with those of the last run, of inputs
    they are not (``expand_params`` of Snakemake); so the key, which depends on inputs, is asked of
    the wildcards. What was recorded of the last run may be gone or of another folder, so that the
    keys in the artifacts decide as well.

    Gives two functions of a path: its key, and that of one seed in it.
    """
    jobs = {}

    def job_of(path):
        step = _producer(_of_the_study(), path)
        return None if step is None else job(step, step.get_wildcards(path))

    def job(step, wildcards):
        name = step.name, *sorted(wildcards.items())
        if name not in jobs:
            plain = step.plain
            inputs = plain.expand_input(wildcards)[0]
            output = plain.expand_output(wildcards)[0]
            params = plain.expand_params(wildcards, inputs, output, None)[0]
            jobs[name] = Job(
                step.name_in_study, wildcards, dict(params.items()), list(map(str, inputs))
            )
        return jobs[name]

    def one_seed(path):
        found = job_of(path)
        return found and of_a_seed(found)

    lineage, seeds_lineage = Lineage(job_of), Lineage(one_seed)

    def key_of(step):
        return lambda wildcards: lineage.job_key(job(step, dict(wildcards.items())))

    def key_of_a_seed(step):
        return lambda wildcards: seeds_lineage.job_key(
            of_a_seed(job(step, dict(wildcards.items())))
        )

    def remade(step):
        def no_input(wildcards):
            for path in step.expand_output(dict(wildcards.items()))[0]:
                found = stored_key(path)
                if not found and foreign(path):
                    # What Snakemake makes of an exception in an input function ends in a traceback.
                    raise SystemExit(f"{path}: {FOREIGN}")
                if found is None:
                    continue
                expected = lineage.key(str(path))
                if found != expected and _unseen(path, expected):
                    logger.info(f"{path} is made again: {otherwise(expected, found)}")
                    workflow.dag.forcefiles.add(path)
            return []

        return no_input

    def input_keys(wildcards, input):
        return {path: lineage.key(path) for path in map(str, input)} if _trusting() else {}

    for name, step in steps.items():
        step.plain, step.name_in_study, step.study = _without_lineage(step), name, rules
        step.set_params(key=key_of(step), input_keys=input_keys)
        step.set_input(remade(step))
        if any(is_flagged(output, "update") for output in step.output):
            step.set_params(key_of_a_seed=key_of_a_seed(step))
    return lineage.key, seeds_lineage.key


def is_current(path):
    """Whether a file is there, and made of what it would be made of now."""
    if not Path(path).is_file():
        return False
    return not _trusting() or stored_key(path) == KEY(path)


def _of_the_study():
    """Rules that make something; of a workflow with several studies as modules those of this one.

    A module that takes some rules again, changed, parses this file once more.
    """
    return [step for step in workflow.rules if getattr(step, "study", None) is rules]


def _trusting():
    """Whether changed params make results old: without, those that are there are taken."""
    return RerunTrigger.PARAMS in workflow.rerun_triggers


def _unseen(path, key):
    """Whether Snakemake does not see by its records that a file has another key than expected."""
    recorded = workflow.persistence.params(path)
    return _trusting() and (recorded is None or repr(key) in recorded)


def _without_lineage(step):
    plain = copy.copy(step)
    plain._params = Params(toclone=step.params)
    plain._input = InputFiles(toclone=step.input)
    return plain


def _producer(rules, path):
    """Rule that makes a path, the preferred one if several can; None if there is none."""
    found = [step for step in rules if any(output.match(path) for output in step.output)]
    for step in found:
        if all(workflow._ruleorder.compare(step, other) >= 0 for other in found):
            return step
    return found[0] if found else None


def seeds_to_measure(path, seeds):
    """How many of ``seeds`` seeds a job measures for the table at a path: not those that stay."""
    return len(
        set(range(seeds)) - members.expected_to_stay(path, KEY_OF_A_SEED(path), range(seeds))
    )


KEY, KEY_OF_A_SEED = carry_lineage(
    {
        name: proxy.rule
        for name, proxy in rules._rules.items()
        if proxy.rule in workflow.modifier.rules and proxy.rule.output
    }
)
