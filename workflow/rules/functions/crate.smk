# What a crate holds beside results.


def settings_of_the_run(wildcards):
    """The whole configuration, as YAML."""
    return yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False)


def source_of_the_workflow(wildcards):
    """Files that belong to the Snakefile: in a checkout rules, scripts, library and what is named."""
    if not IS_CHECKOUT:
        return []
    kinds = ("*.smk", "*.py", "*.rst", "*.html")
    named = ("README.md", "LICENSE", "config/config.yaml", "envs/requirements.lock")
    return [
        *(beside(f"../../{name}") for name in named if is_there(f"../../{name}")),
        *sorted(path for kind in kinds for path in beside("..").rglob(kind)),
    ]


def facts_of_the_crate(wildcards):
    """What it tells of the run beside its files."""
    return {
        "version": VERSION,
        "commit": own_commit(),
        "backend": BACKEND,
        "budgets": "small" if SMALLER else "full",
    }
