# Claims: decided a module of the paper at a time, and collected in one table.

from analog_sbi.paper.places import shown as to_look_at
from analog_sbi.paper.registry import claim_modules, claims_of, dotted
from analog_sbi.paper.table import reported
from analog_sbi.paper.targets import collected


include: "functions/claims.smk"


rule check_claims:
    """Decide the claims of one figure or other module from the artifacts it is made of."""
    input:
        decided_from,
    output:
        table=f"{PLACE}/claims/{{module}}.parquet",
        text=f"{PLACE}/claims/{{module}}.md",
    log:
        "results/logs/check_claims/{module}.log",
    benchmark:
        "results/benchmarks/check_claims/{module}.tsv"
    wildcard_constraints:
        module="|".join(claim_modules()),
    params:
        given=lambda w: given.claims_given(study, claims_of(w.module)),
        smaller=SMALLER,
        code=lambda w: code("check_claims", dotted(w.module)),
    message:
        "Checking the claims of {wildcards.module}"
    script:
        "../scripts/check_claims.py"


rule collect_claims:
    """Collect the claims of all figures in one table, as parquet and as text."""
    input:
        collected(BACKEND),
    output:
        table=f"{PLACE}/claims.parquet",
        text=f"{PLACE}/claims.md",
        page=report(
            f"{PLACE}/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
    log:
        "results/logs/collect_claims.log",
    benchmark:
        "results/benchmarks/collect_claims.tsv"
    params:
        smaller=SMALLER,
        claims=[claim.id for module in claim_modules() for claim in claims_of(module)],
        code=code("collect_claims"),
    message:
        "Collecting the claims"
    script:
        "../scripts/collect_claims.py"


onsuccess:
    for line in reported(sorted(Path(PLACE, "claims").glob("*.parquet")), SMALLER):
        print(line)
    asked = [path for goal in workflow.dag.targetjobs for path in (*goal.input, *goal.output)]
    for path in to_look_at(map(str, asked)):
        print(f"Made: {path}")
