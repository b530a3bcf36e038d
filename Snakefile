"""Entry for ``snakemake`` in this folder."""


include: "workflow/Snakefile"
