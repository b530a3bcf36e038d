"""The paper: each figure with the claims on it, one instance of what the study can be asked.

``figure2`` ... ``figure9`` are those of the paper, the others ours. ``python -m analog_sbi.paper``
prints the targets of Snakemake that they make.
"""
