"""Draw expected coverage, ranks and TARP of the first round's posteriors."""

from analog_sbi.logs import job_log
from analog_sbi.plots import coverage, style
from analog_sbi.plots.study import read


def main(*, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=6.6) as canvas:
        coverage.draw(
            canvas,
            experiments=[
                (title, read(tables[name]), read(tables[f"summary_{name}"]))
                for name, title in coverage.TITLES.items()
            ],
        )
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            tables=dict(snakemake.input.items()),
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
