# Inputs and params of the rules that compare algorithms.


def algorithm_tests(wildcards):
    """Tests that amortized algorithms answer; the others need none."""
    experiment = EXPERIMENTS[wildcards.experiment]
    if not algorithms.facts(experiment.algorithm).amortized:
        return []
    return f"{folder_of(wildcards)}/tests/{experiment.parameters}.parquet"
