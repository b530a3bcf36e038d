"""Draw Figure 8 from the samples given several targets."""

from analog_sbi.logs import job_log
from analog_sbi.plots import figure8, style
from analog_sbi.plots.study import frame, read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    samples = read(tables["samples"])
    with style.figure(height=3.2, width=3.5) as canvas:
        figure8.draw(
            canvas,
            samples=samples[samples["seed"] == settings["seed"]],
            recovered=read(tables["recovered"]),
            shown=settings["shown"],
            frame=frame(settings),
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
