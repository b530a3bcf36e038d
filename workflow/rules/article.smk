# The article: what this run finds, with its own numbers and figures.


include: "functions/article.smk"


rule write_article:
    """Set the article from the claims and figures of this run."""
    input:
        source=[beside(f"../../article/{name}") for name in ("article.typ", "references.yml")],
        claims=claims_of_the_article,
        pictures=pictures_of_the_article,
    output:
        numbers=f"{PLACE}/article/numbers.json",
        pdf=f"{PLACE}/article.pdf",
    log:
        "results/logs/write_article.log",
    benchmark:
        "results/benchmarks/write_article.tsv"
    params:
        facts=facts_of_the_article,
        code=code("write_article"),
    message:
        "Setting the article"
    script:
        "../scripts/write_article.py"


rule article:
    """The article as PDF, from the claims and figures of this run."""
    input:
        rules.write_article.output.pdf,
    localrule: True
