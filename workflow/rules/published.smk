# The authors' measurements on the chip, where somebody has downloaded them.


include: "functions/published.smk"


rule read_published:
    """Decide the claims from the authors' measurements on the chip, beside those of this run."""
    input:
        deposited,
        claims=f"{PLACE}/claims.parquet",
    output:
        table="results/published/claims.parquet",
        text="results/published/claims.md",
    log:
        "results/logs/read_published.log",
    benchmark:
        "results/benchmarks/read_published.tsv"
    params:
        data=study.data,
        given=lambda w: given.claims_given(study, claims()),
        targets={name: part.target for name, part in EXPERIMENTS.items()},
        code=code("read_published", *(dotted(module) for module in claim_modules())),
    message:
        "Reading what is published of the chip"
    script:
        "../scripts/read_published.py"


rule read_recorded:
    """Write the targets that the authors recorded on the chip as files of trials."""
    input:
        deposited,
    output:
        [f"results/published/targets/{name}.csv" for name in target_files(study.data or "none")],
    log:
        "results/logs/read_recorded.log",
    benchmark:
        "results/benchmarks/read_recorded.tsv"
    params:
        data=study.data,
        signals=lambda w: given.claims_given(study, claims())["frame"]["signals"],
        code=code("read_recorded"),
    message:
        "Reading targets that were recorded on the chip"
    script:
        "../scripts/read_recorded.py"


rule published:
    """Claims on the authors' measurements on the chip, and their recorded targets."""
    input:
        rules.read_published.output,
        rules.read_recorded.output if study.data else [],
    localrule: True
