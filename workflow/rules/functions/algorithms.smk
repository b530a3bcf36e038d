# Inputs and params of the rules that compare algorithms.


def is_amortized(wildcards):
    return algorithms.facts(EXPERIMENTS[wildcards.experiment].algorithm).amortized


def asked_tests(wildcards):
    """Number of tests that amortized algorithms answer."""
    return study.compare_algorithms.tests if is_amortized(wildcards) else 0


def algorithm_tests(wildcards):
    """Tests that amortized algorithms answer; the others need none."""
    if not is_amortized(wildcards):
        return []
    return test_table(wildcards)
