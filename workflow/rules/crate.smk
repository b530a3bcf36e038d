# A run as one file to deposit: a Workflow Run RO-Crate.


include: "functions/crate.smk"


rule write_crate:
    """Put figures, claims and report of a run into a crate, with its configuration and workflow."""
    input:
        report=PAGE,
        claims=[f"{PLACE}/claims.{kind}" for kind in ("md", "parquet")],
        figures=[
            path
            for figure in figures().values()
            if figure.number is not None
            for path in figure.files(BACKEND)
        ],
        snakefile=beside("../Snakefile"),
        source=source_of_the_workflow,
    output:
        crate=CRATE,
    log:
        "results/logs/write_crate.log",
    benchmark:
        "results/benchmarks/write_crate.tsv"
    params:
        settings=settings_of_the_run,
        facts=facts_of_the_crate,
        code=code("write_crate"),
    message:
        "Writing the crate"
    script:
        "../scripts/write_crate.py"


rule crate:
    """Everything to deposit of a run in one file: a Workflow Run RO-Crate."""
    input:
        rules.write_crate.output.crate,
    localrule: True
