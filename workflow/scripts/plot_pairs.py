"""Draw pairs of seven parameters given the first column of heights and given all."""

from analog_sbi.backends import make
from analog_sbi.chain import bounds, parameter_names
from analog_sbi.logs import job_log
from analog_sbi.plots import pairs, style
from analog_sbi.plots.study import last_round_of, read

SHOWN = 0  # ensemble


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    device = make(settings["backend"], settings["settings"])
    names = parameter_names("individual", device.length)
    low, high = bounds("individual", device.length, device.limits)
    centre = read(tables["target"])[["g_leak", "g_axial"]].mean()
    with style.figure(height=7.1) as canvas:
        pairs.draw(
            canvas,
            samples={name: last_round_of(read(tables[name]), SHOWN) for name in ("first", "all")},
            star={name: centre["_".join(name.split("_")[:2])] for name in names},
            limits=dict(zip(names, zip(low, high, strict=True), strict=True)),
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
