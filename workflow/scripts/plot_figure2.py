"""Draw Figure 2 from the traces at the parameters of the target."""

from analog_sbi.checks.figure2 import TARGET_POINT
from analog_sbi.logs import job_log
from analog_sbi.plots import figure2, style
from analog_sbi.plots.study import frame, read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=3.6) as canvas:
        figure2.draw(
            canvas, traces=read(tables["traces"]), point=TARGET_POINT, frame=frame(settings)
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
