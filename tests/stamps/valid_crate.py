"""Validate an RO-Crate without network: ``python tests/stamps/valid_crate.py CRATE PROFILE...``.

Runs in an environment of envs/crate.txt. What roc-validator would take from the network is the
context of RO-Crate 1.1, which the package ``rocrate`` of that list holds.
"""

import json
import sys
from importlib.resources import files

import requests
from rocrate_validator.models import Severity
from rocrate_validator.services import ValidationSettings, validate
from rocrate_validator.utils.http import HttpRequester

CONTEXT = json.loads((files("rocrate") / "data/ro-crate.jsonld").read_text())
ADDRESS = "https://w3id.org/ro/crate/1.1/context"


def get(self, url: str, **options) -> requests.Response:
    """The context as the network gives it, and nothing else."""
    if url != ADDRESS:
        raise requests.ConnectionError(f"expected {ADDRESS}, found {url}")
    response = requests.Response()
    response.status_code = 200
    response.headers["Content-Type"] = "application/ld+json"
    response._content = json.dumps(CONTEXT).encode()
    return response


def main(crate: str, *profiles: str) -> int:
    """Number of requirements that a crate does not meet; they are printed."""
    assert CONTEXT["@id"] == ADDRESS, f"expected {ADDRESS}, found {CONTEXT['@id']}"
    HttpRequester.get = get
    issues = []
    for profile in profiles:
        settings = ValidationSettings(
            rocrate_uri=crate,
            profile_identifier=profile,
            requirement_severity=Severity.REQUIRED,
            offline=True,
        )
        issues += validate(settings).get_issues()
    for issue in issues:
        print(f"{issue.check.identifier} {getattr(issue, 'violatingEntity', '')}: {issue.message}")
    return len(issues)


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
