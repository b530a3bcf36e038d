"""Decide the claims of one module of the paper from the artifacts that they declare.

Output: ``id``, ``figure``, ``paper``, ``value``, ``criterion``, ``holds``; ``holds`` is missing
where a claim's artifacts are not part of this study. The same as text.
"""

from analog_sbi.jobs import job

from pathlib import Path

from analog_sbi.artifacts import Maker, write_text
from analog_sbi.paper.artifacts import of_plain
from analog_sbi.paper.registry import claims_of
from analog_sbi.paper.table import markdown, write
from analog_sbi.paper.verdicts import decided


def main(
    *,
    module: str,
    given: dict,
    smaller: list[str],
    inputs: list[str],
    maker: Maker,
    output: str,
    text: str,
) -> None:
    """Decide the claims of a module; ``smaller`` are keys of small budgets."""
    available = {Path(path).relative_to("results").as_posix() for path in inputs}
    table = decided(claims_of(module), of_plain(given, ()), available)
    write(table, output, maker)
    write_text(markdown(table, claims_of(module), smaller), text, maker)


if __name__ == "__main__":
    with job(snakemake, unmixed=True) as maker:
        main(
            module=snakemake.wildcards.module,
            given=snakemake.params.given,
            smaller=snakemake.params.smaller,
            inputs=list(snakemake.input),
            maker=maker,
            output=snakemake.output.table,
            text=snakemake.output.text,
        )
