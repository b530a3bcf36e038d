# What the second study has beside experiments: the recordings of a real chip.


rule reproduce_patterns:
    """Integrate the spiking neuron at the codes of four recorded patterns, without noise."""
    output:
        deviations="results/bss2_sim/adex/patterns.parquet",
        traces="results/bss2_sim/adex/pattern_traces.parquet",
    log:
        "results/logs/reproduce_patterns.log",
    benchmark:
        "results/benchmarks/reproduce_patterns.tsv"
    params:
        code=code("reproduce_patterns"),
    message:
        "Reproducing recorded patterns of a spiking neuron"
    script:
        "../scripts/reproduce_patterns.py"
