# One rule a figure. Figures are drawn from artifacts alone.


rule plot_figure3:
    """Grid, traces and posteriors of the two-dimensional parameter space."""
    input:
        grid=f"results/{BACKEND}/grid.parquet",
        traces=f"results/{BACKEND}/traces.parquet",
        target=f"results/{BACKEND}/targets/centre.parquet",
        density=f"results/{BACKEND}/tau_2d/density.parquet",
        samples_tau=f"results/{BACKEND}/tau_2d/samples.parquet",
        samples_first=f"results/{BACKEND}/first_2d/samples.parquet",
    output:
        svg=report(
            "results/figures/figure3.svg",
            caption="../report/figure3.rst",
            category="Figures",
            labels={"figure": "3"},
        ),
        png="results/figures/figure3.png",
    log:
        "results/logs/plot_figure3.log",
    benchmark:
        "results/benchmarks/plot_figure3.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure3"),
    message:
        "Drawing figure 3"
    script:
        "../scripts/plot_figure3.py"
