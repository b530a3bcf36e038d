"""Draw the distances to the reference posterior over rounds."""

from analog_sbi.backends import make
from analog_sbi.logs import job_log
from analog_sbi.plots import distances, style
from analog_sbi.plots.study import read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    unit = make(settings["backend"], settings["settings"]).height_unit
    columns = (
        ("tau", r"given $\tau^*$", "compartments"),
        ("first", r"given $\mathbf{F}^*$", unit),
        ("rounds", r"given $\mathbf{F}^*$, rounds of equal size", unit),
    )
    with style.figure(height=6.2) as canvas:
        distances.draw(
            canvas, experiments=[(title, of, read(tables[name])) for name, title, of in columns]
        )
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            settings=snakemake.params.settings,
            tables=dict(snakemake.input.items()),
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
