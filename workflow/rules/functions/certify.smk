# Inputs and params of the rules that answer a question.


def every_table(name):
    """Function of the wildcards: tables of all rounds of the experiment."""

    def paths(wildcards):
        folder = f"results/{wildcards.backend}/{wildcards.experiment}"
        rounds = every_round(wildcards.experiment)
        return [f"{folder}/round_{number}/{name}.parquet" for number in rounds]

    return paths


def own_tests(wildcards):
    """Plan of tests drawn from an experiment's own prior."""
    return {"kind": "draw", "count": study.calibration.tests, "prior": own_prior(wildcards)}


def coverage_table(name):
    """Function of the wildcards: a table on coverage, of algorithms that answer many targets."""

    def path(wildcards):
        algorithm = EXPERIMENTS[wildcards.experiment].algorithm
        if not algorithms.facts(algorithm).resumable:
            return []
        return f"results/{wildcards.backend}/{wildcards.experiment}/{name}.parquet"

    return path


def answer(wildcards):
    """Certificate and page of the experiment that is asked for; names them all where none is."""
    if study.experiment is None:
        names = ", ".join(study.configured)
        refuse(
            f"experiment: infer expected one of {names}, found none; "
            "add --config experiment=NAME"
        )
    algorithm = EXPERIMENTS[study.experiment].algorithm
    if algorithms.facts(algorithm).search:
        refuse(
            f"experiments.{study.experiment}.algorithm: infer expected one that "
            f"has a posterior, found {algorithm}, which finds points"
        )
    backend = posing.backend_of(study, EXPERIMENTS[study.experiment].model)
    folder = f"results/{backend}/{study.experiment}"
    return [f"{folder}/{file}" for file in ("certificate.json", "page.html", "page.png")]
