# Claims: decided a module of the paper at a time, and collected in one table.

from analog_sbi.paper.registry import claim_modules, claims_of
from analog_sbi.paper.table import reported
from analog_sbi.paper.targets import collected


rule check_claims:
    """Decide the claims of one figure or other module from the artifacts it is made of."""
    input:
        lambda w: given.claim_paths(study, claims_of(w.module)),
    output:
        table="results/claims/{module}.parquet",
        text="results/claims/{module}.md",
    log:
        "results/logs/check_claims/{module}.log",
    benchmark:
        "results/benchmarks/check_claims/{module}.tsv"
    wildcard_constraints:
        module="|".join(claim_modules()),
    params:
        given=lambda w: given.claims_given(study, claims_of(w.module)),
        code=lambda w: code("check_claims", f"analog_sbi.paper.{w.module}"),
    message:
        "Checking the claims of {wildcards.module}"
    script:
        "../scripts/check_claims.py"


rule collect_claims:
    """Collect the claims of all figures in one table, as parquet and as text."""
    input:
        collected(),
    output:
        table="results/claims.parquet",
        text="results/claims.md",
        page=report(
            "results/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
    log:
        "results/logs/collect_claims.log",
    benchmark:
        "results/benchmarks/collect_claims.tsv"
    params:
        claims=[claim.id for module in claim_modules() for claim in claims_of(module)],
        code=code("collect_claims"),
    message:
        "Collecting the claims"
    script:
        "../scripts/collect_claims.py"


onsuccess:
    for line in reported(sorted(Path("results/claims").glob("*.parquet"))):
        print(line)
