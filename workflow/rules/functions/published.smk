# What is read of the authors' measurements.

from analog_sbi.paper.registry import claims
from analog_sbi.published.deposit import target_files


def deposited(wildcards):
    """Files of the deposit; without a folder the target says what to give."""
    if study.data is None or not Path(study.data).is_dir():
        refuse(
            f"data: expected the folder of the deposit, found {study.data}; "
            "snakemake published --config data=<folder>"
        )
    return sorted(map(str, Path(study.data).rglob("*.pkl")))
