"""The configuration as a typed value: ``load`` checks it before any work starts.

``python -m analog_sbi.study`` writes ``config/README.md`` and ``config/schema.json`` from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from analog_sbi.errors import ConfigurationError
from analog_sbi.study import messages, schema
from analog_sbi.study.experiments import Experiment, Target
from analog_sbi.study.typed import Study

__all__ = ["Experiment", "Study", "Target", "load"]


def load(config: Mapping[str, Any]) -> Study:
    """Check a configuration and make it a value.

    Raises ConfigurationError for the first thing that is wrong, in one line: the key, what was
    expected and what was found.
    """
    plain = messages.plain(config)
    try:
        return Study.model_validate(plain)
    except ValidationError as error:
        raise ConfigurationError(messages.refused(error, plain, schema.whole())) from None
