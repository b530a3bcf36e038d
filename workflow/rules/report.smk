# The report: one page of every figure that is there or asked for, with the claims on it.


include: "functions/report.smk"


rule write_report:
    """Write one page on which a reader of the paper goes through the figures of this run."""
    input:
        lambda w: on_page(),
    output:
        page=PAGE,
    log:
        "results/logs/write_report.log",
    benchmark:
        "results/benchmarks/write_report.tsv"
    params:
        pictures=pictures,
        tables=tables_of_claims,
        ours=[
            claim.id
            for module in claim_modules()
            for claim in claims_of(module)
            if claim.source == OWN
        ],
        told=told,
        code=code("write_report"),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"


rule report:
    """One page of every figure of the paper, and of all others that are there."""
    input:
        PAGE,
    localrule: True
