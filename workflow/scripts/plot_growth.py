"""Draw how cost grows with size, from the benchmark's table."""

from analog_sbi.artifacts import read_table
from analog_sbi.logs import job_log
from analog_sbi.plots import growth, style


def main(*, table: str, svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=2.3) as canvas:
        growth.draw(canvas, read_table(table))
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            table=snakemake.input[0],
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
