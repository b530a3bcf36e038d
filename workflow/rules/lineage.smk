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


def carry_lineage(rules):
    """Give rules params ``key`` and ``input_keys``; what carries another key is made again.

    Params that are functions of the wildcards are compared with those of the last run, of inputs
    they are not (``expand_params`` of Snakemake); so the key, which depends on inputs, is asked of
    the wildcards. What was recorded of the last run may be gone or of another folder, so that the
    keys in the artifacts decide as well.
    """
    plain = {step.name: _without_lineage(step) for step in rules if step.output}
    added = [step.name for step in rules if any(is_flagged(o, "update") for o in step.output)]
    jobs = {}

    def job_of(path):
        step = _producer(plain.values(), path)
        return None if step is None else job(step, step.get_wildcards(path))

    def job(step, wildcards):
        name = step.name, *sorted(wildcards.items())
        if name not in jobs:
            inputs = step.expand_input(wildcards)[0]
            output = step.expand_output(wildcards)[0]
            params = step.expand_params(wildcards, inputs, output, None)[0]
            jobs[name] = Job(step.name, wildcards, dict(params.items()), list(map(str, inputs)))
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
                if foreign(path):
                    # What Snakemake makes of an exception in an input function ends in a traceback.
                    raise SystemExit(f"{path}: {FOREIGN}")
                found = stored_key(path)
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

    for step in rules:
        if step.name in plain:
            step.set_params(key=key_of(plain[step.name]), input_keys=input_keys)
            step.set_input(remade(plain[step.name]))
        if step.name in added:
            step.set_params(key_of_a_seed=key_of_a_seed(plain[step.name]))
    return seeds_lineage.key


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


KEY_OF_A_SEED = carry_lineage(list(workflow.rules))
