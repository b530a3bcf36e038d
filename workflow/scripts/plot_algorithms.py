"""Draw the comparison of algorithms."""

from analog_sbi.logs import job_log
from analog_sbi.plots import algorithms, style
from analog_sbi.plots.study import read


def main(*, table: str, svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=5.2) as canvas:
        algorithms.draw(canvas, read(table))
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            table=snakemake.input.table,
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
