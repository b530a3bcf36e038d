"""Section of the configuration on the density estimator of an experiment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from analog_sbi.estimators.settings import REGULARIZATION
from analog_sbi.study.values import Section, Series, Whole, only, refusal, setting
from analog_sbi.study.vocabulary import FAMILIES, settings_of

# Upper bounds keep what no machine holds from being tried.
Transforms = Annotated[int, Field(ge=1, le=100), Whole]
Width = Annotated[int, Field(ge=2, le=10_000), Whole]
Bins = Annotated[int, Field(ge=1, le=1000), Whole]
Size = Annotated[tuple[Transforms, Width], Series]


Strength = Annotated[float, Field(ge=0, le=1e6)]
DEFAULT = "default"
RECOMMENDED: dict[str, Any] = {
    "family": "maf",
    "transforms": 5,
    "hidden": 50,
    "permutations": "reverse",
    "gradient_penalty": 0.3,
}
"""What the family ``default`` stands for; chosen by the numbers in docs/remedies.md."""
OF_ANY_FAMILY = ("bounded", *REGULARIZATION)


class Estimator(Section):
    """Density estimator: a normalizing flow."""

    family: Annotated[str, only([*FAMILIES, DEFAULT])] = setting(
        "kind of flow: maf or nsf of sbi, zuko_maf, zuko_nsf, or one of your own (docs/extend.md); "
        "default is what is recommended for few measurements (docs/remedies.md): a maf that is not "
        "blind, with a gradient_penalty",
        default="maf",
    )
    transforms: Transforms = setting("transforms of the flow in a row", default=5)
    hidden: Width = setting("hidden units of a block", default=50)
    blocks: Transforms = setting("blocks of a transform", default=2)
    permutations: Literal["random", "reverse"] = setting(
        "of the parameters between transforms (maf); reverse is never blind from 2 transforms on, "
        "random is sbi's and the paper's (docs/blind-networks.md)",
        default="reverse",
    )
    bins: Bins | None = setting(
        "bins of a spline (families nsf; null: the family's own)", default=None
    )
    embedding: Literal["cnn", "fc", "autoencoder"] | None = setting(
        "network that makes summaries of an observation: cnn or fc, trained with the flow, or an "
        "autoencoder, trained before it (families other than maf; null: none)",
        default=None,
    )
    summaries: Width | None = setting("summaries that the embedding makes (null: 20)", default=None)
    bounded: bool = setting(
        "whether densities end at the bounds of the prior, so that nothing leaks: the flow is one "
        "of logits (snpe_c and tsnpe, trained batched, of a prior with bounds)",
        default=False,
    )
    weight_decay: Strength = setting(
        "of the weights a step, times the learning rate, as in AdamW; against over-fitting to few "
        "measurements, as the next two (docs/remedies.md; snpe_c and tsnpe, trained batched)",
        default=0.0,
    )
    gradient_penalty: Strength = setting(
        "times the root mean square of the loss's gradient in parameters and observations, in "
        "units of their standard deviations, added to the loss (flows that are not bounded)",
        default=0.0,
    )
    balance: Strength = setting(
        "times the squared distance from balance, added to the loss, which makes posteriors rather "
        "too wide than too narrow (a single round)",
        default=0.0,
    )

    @model_validator(mode="before")
    @classmethod
    def _is_recommended(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("family") != DEFAULT:
            return given
        return RECOMMENDED | {name: value for name, value in given.items() if name != "family"}

    @model_validator(mode="after")
    def _has_what_the_family_takes(self) -> Estimator:
        taken = settings_of(self.family)
        for name in sorted(self.model_fields_set - {"family", *OF_ANY_FAMILY, *taken}):
            # The paper's experiments say random, which other families may replace.
            if getattr(self, name) not in (None, "random"):
                raise refusal(f"none, since {self.family} takes {', '.join(taken)} alone", name)
        if self.summaries is not None and self.embedding is None:
            raise refusal("none without an embedding", "summaries")
        if self.bounded and self.gradient_penalty:
            raise refusal("0 of a bounded flow", "gradient_penalty")
        return self

    @property
    def added(self) -> list[str]:
        """Names of settings in use that only networks which the study trains itself can have."""
        return [name for name in OF_ANY_FAMILY if getattr(self, name)]

    def plain(self) -> dict[str, Any]:
        """Settings that the family takes as plain values; without bins where its own are meant."""
        taken = {"family", *settings_of(self.family)}
        own = self.model_dump(mode="json", include=taken, exclude_none=True)
        return own | {name: getattr(self, name) for name in self.added}
