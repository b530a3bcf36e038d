"""Draw a registered figure from the artifacts that it declares, as SVG and PNG."""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker
from analog_sbi.paper.artifacts import of_plain
from analog_sbi.paper.registry import figure_of
from analog_sbi.plots import style


def main(*, module: str, name: str, given: dict, maker: Maker, svg: str, png: str) -> None:
    """Draw the figure ``name`` of a module of the paper."""
    figure = figure_of(module, name)
    width, height = figure.size
    with style.figure(height, width or style.WIDTH) as canvas:
        figure.draw(canvas, of_plain(given, figure.needs))
        style.save(canvas, svg, png, maker)


if __name__ == "__main__":
    with job(snakemake, unmixed=True) as maker:
        main(
            module=snakemake.params.module,
            name=snakemake.params.name,
            given=snakemake.params.given,
            maker=maker,
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
