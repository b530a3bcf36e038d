# What the article shows and tells.

IN_THE_ARTICLE = ("figure3", "figure4", "figure6", "figure7", "figure9")


def pictures_of_the_article(wildcards):
    """Its figures, as PNG."""
    paths = (path for name in IN_THE_ARTICLE for path in figures()[name].files(BACKEND))
    return [path for path in paths if path.endswith(".png")]


def claims_of_the_article(wildcards):
    """The table of claims, and those of further targets where they are current."""
    further = (module_table(module, BACKEND) for module in claim_modules())
    own = set(collected(BACKEND))
    return [
        f"{PLACE}/claims.parquet",
        *(path for path in further if path not in own and is_current(path)),
    ]


def facts_of_the_article(wildcards):
    """What it says of the run beside claims."""
    where = "on the BrainScaleS-2 chip" if BACKEND == "bss2" else "on a model of the chip"
    return {
        "title": f"Simulation-based inference for analog neuromorphic hardware, repeated {where}",
        "authors": "The analog-sbi maintainers",
        "version": VERSION,
        "commit": own_commit(),
        "budgets": "small" if SMALLER else "full",
    }
