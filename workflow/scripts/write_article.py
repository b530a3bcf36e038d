"""Write the article of a run.

Outputs: the PDF, and the numbers that it has from the run. Its source and figures are put beside.
"""

from analog_sbi.jobs import job

import json
from pathlib import Path

import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_text
from analog_sbi.report import article


def main(
    *,
    claims: list[str],
    parts: list[str],
    facts: dict[str, str],
    maker: Maker,
    numbers: str,
    pdf: str,
) -> None:
    """Gather source, figures and numbers, and set them; ``facts`` are of the run."""
    content = article.numbers(pd.concat(map(read_table, claims)), facts)
    write_text(json.dumps(content, indent=2, ensure_ascii=False), numbers, maker)
    article.gather(parts, Path(numbers).parent)
    article.typeset(Path(numbers).parent, pdf)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            claims=list(snakemake.input.claims),
            parts=[*snakemake.input.source, *snakemake.input.pictures],
            facts=snakemake.params.facts,
            maker=maker,
            numbers=snakemake.output.numbers,
            pdf=snakemake.output.pdf,
        )
