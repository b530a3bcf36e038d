# What claims are decided from.


def decided_from(wildcards):
    """What the claims of a module are decided from."""
    refused(given.check_decided, wildcards.module)
    return given.claim_paths(study, claims_of(wildcards.module))
