"""SNPE on the tasks of sbibm beside its published numbers.

Outputs: all rows together, medians of every task and budget, and these as text.
"""

from analog_sbi.jobs import job

import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table, write_text
from analog_sbi.sbibm.scoring import SCORES, SUMMARY, markdown, summary


def main(
    *, maker: Maker, tables: list[str], output: str, output_summary: str, output_text: str
) -> None:
    """Put the scores of all tasks and budgets together."""
    whole = pd.concat([read_table(path, SCORES) for path in tables], ignore_index=True)
    medians = summary(whole)
    write_table(whole, output, SCORES, maker)
    write_table(medians, output_summary, SUMMARY, maker)
    write_text(markdown(medians), output_text, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            maker=maker,
            tables=list(snakemake.input),
            output=snakemake.output.scores,
            output_summary=snakemake.output.summary,
            output_text=snakemake.output.text,
        )
