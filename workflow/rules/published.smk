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
        recorded=[
            f"results/published/targets/{name}.csv" for name in target_files(study.data or "none")
        ],
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


rule published:
    """Claims on the authors' measurements on the chip, and their recorded targets."""
    input:
        rules.read_published.output,
    localrule: True
