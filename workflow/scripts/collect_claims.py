"""Collect the claims of all figures of the paper in one table, as parquet, text and page."""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker, write_text
from analog_sbi.paper.registry import claims
from analog_sbi.paper.table import collect, markdown, page, write


def main(
    *, tables: list[str], smaller: list[str], maker: Maker, table: str, text: str, web: str
) -> None:
    """Collect the tables of claims of single figures; ``smaller`` are keys of small budgets."""
    collected = collect(tables, claims())
    write(collected, table, maker)
    write_text(markdown(collected, claims(), smaller), text, maker)
    write_text(page(collected, smaller), web, maker)


if __name__ == "__main__":
    with job(snakemake, unmixed=True) as maker:
        main(
            tables=list(snakemake.input),
            smaller=snakemake.params.smaller,
            maker=maker,
            table=snakemake.output.table,
            text=snakemake.output.text,
            web=snakemake.output.page,
        )
