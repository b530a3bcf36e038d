"""What became of targets that another backend measured: a table, and the same in words.

Outputs: rows of every experiment (``kind``, ``name``, ``unit``, ``expected``, ``mean``,
``spread``), and Markdown with the verdicts of the certificates.
"""

from analog_sbi.jobs import job

import json
from pathlib import Path

import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table, write_text
from analog_sbi.features import read_trials
from analog_sbi.problem import Problem
from analog_sbi.studies.transfer.comparison import SCHEMA, Outcome, compared, words


def main(
    *,
    problems: dict[str, dict],
    sources: dict[str, str],
    maker: Maker,
    tables: dict[str, list[str]],
    certificates: list[str],
    output_table: str,
    output_text: str,
) -> None:
    """Compare experiments by name; ``tables`` by kind are of each in their order."""
    rows, verdicts = [], {}
    for index, (name, content) in enumerate(problems.items()):
        posed = Problem.from_plain(content)
        own = {kind: paths[index] for kind, paths in tables.items()}
        outcome = Outcome(
            posed,
            expected=read_table(own["expected"])[list(posed.parameters)].to_numpy()[0],
            samples=read_table(own["samples"]),
            here=read_table(own["here"]),
            there=read_table(own["there"]),
            trials=read_trials(own["trials"], posed),
            measured=read_table(own["measured"]),
        )
        rows.append(compared(name, outcome))
        verdicts[name] = json.loads(Path(certificates[index]).read_text())["verdict"]
    table = pd.concat(rows, ignore_index=True)
    write_table(table, output_table, SCHEMA, maker)
    write_text(words(table, verdicts, sources), output_text, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        kinds = ("expected", "samples", "here", "there", "trials", "measured")
        main(
            problems=snakemake.params.problems,
            sources=snakemake.params.sources,
            maker=maker,
            tables={kind: list(snakemake.input[kind]) for kind in kinds},
            certificates=list(snakemake.input.certificates),
            output_table=snakemake.output.table,
            output_text=snakemake.output.text,
        )
