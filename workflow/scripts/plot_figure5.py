"""Draw Figure 5 from the traces at the marked points."""

from analog_sbi.backends import make
from analog_sbi.logs import job_log
from analog_sbi.plots import figure5, style
from analog_sbi.plots.study import frame, read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=2.6) as canvas:
        figure5.draw(
            canvas,
            traces=read(tables["traces"]),
            fit_bounds=make(settings["backend"], settings["settings"]).fit_bounds,
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
