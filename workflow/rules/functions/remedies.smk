# Inputs and params of the rules that compare remedies.

REMEDIES = study.compare_remedies.compared()


def judging_code(wildcards):
    remedy = KNOWN_REMEDIES[wildcards.repair]
    return inference_code("judge_remedy", remedy.source.module)(wildcards)


def judged_tables(wildcards):
    """Tables of all that is compared; refuses backends without reference posteriors."""
    for entry in REMEDIES:
        own_reference(entry["experiment"], BACKEND)
    return [
        f"results/{BACKEND}/{entry['experiment']}/remedies/{entry['repair']}.parquet"
        for entry in REMEDIES
    ]
