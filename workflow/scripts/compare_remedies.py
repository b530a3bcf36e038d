"""Put all remedies in one table, as parquet and as text."""

from analog_sbi.jobs import job

import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table, write_text
from analog_sbi.remedies.comparison import COMPARED, markdown


def main(
    *, compared: list[dict], tables: list[str], maker: Maker, output_table: str, output_text: str
) -> None:
    """Join ``tables``, in the order of what is ``compared`` (problem, budget, way, repair)."""
    table = pd.concat(
        [
            read_table(path).assign(**{key: row[key] for key in row if key != "experiment"})
            for path, row in zip(tables, compared, strict=True)
        ],
        ignore_index=True,
    )
    write_table(table, output_table, COMPARED, maker)
    write_text(markdown(table), output_text, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            compared=snakemake.params.compared,
            tables=list(snakemake.input),
            maker=maker,
            output_table=snakemake.output.table,
            output_text=snakemake.output.text,
        )
