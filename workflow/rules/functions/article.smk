# What the article shows and tells.

IN_THE_ARTICLE = ("figure3", "figure4", "figure6", "figure7", "figure9")


def pictures_of_the_article(wildcards):
    """Its figures, as PNG."""
    paths = (path for name in IN_THE_ARTICLE for path in figures()[name].files(BACKEND))
    return [path for path in paths if path.endswith(".png")]


def facts_of_the_article(wildcards):
    """What it says of the run beside claims."""
    where = "on the BrainScaleS-2 chip" if BACKEND == "bss2" else "on a model of the chip"
    return {
        "title": f"Simulation-based inference for analog neuromorphic hardware, repeated {where}",
        "authors": "The analog-sbi maintainers",
        "version": VERSION,
        "commit": commit(beside("../..")) if IS_CHECKOUT else str(RULES),
        "budgets": "small" if SMALLER else "full",
    }
