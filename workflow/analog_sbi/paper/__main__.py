"""Print the targets of Snakemake that figures and claims make, one a line."""

from analog_sbi.paper.targets import targets

for target in targets():
    print(target.name)
