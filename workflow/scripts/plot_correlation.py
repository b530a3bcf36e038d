"""Draw correlations of seven parameters given the first column of heights and given all.

Those of an ensemble are beside those of the reference.
"""

from analog_sbi.logs import job_log
from analog_sbi.plots import correlation, style
from analog_sbi.plots.study import last_round_of, read

SHOWN = 0  # ensemble
OBSERVABLES = ("first", "all")


def main(*, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=3.3) as canvas:
        correlation.draw(
            canvas,
            samples={
                name: last_round_of(read(tables[name]), SHOWN).filter(regex="^g_")
                for name in OBSERVABLES
            },
            reference={name: read(tables[f"reference_{name}"]) for name in OBSERVABLES},
        )
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            tables=dict(snakemake.input.items()),
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
