"""Learn the region of a restricted prior: sbi's classifier of valid runs, and its threshold.

``sbi.utils.RestrictionEstimator`` (Deistler et al., 2022) trains on a part of the measurements. Of
the others, which it stops early by, it finds the threshold: the share ``missed`` of the valid ones
may lie outside. Shapes: N parameter sets, D parameters.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import torch

from analog_sbi.errors import MeasurementError
from analog_sbi.posterior.base import seeded
from analog_sbi.randomness import integer_seed
from analog_sbi.restricted import Region, Restricted
from analog_sbi.torch_prior import as_sbi

NETWORK = "mlp"  # sbi's other one, a residual network, has a part that is random in training
LEAST = 50  # measurements of either kind, of which a tenth is left to find the threshold by
OF_SHARE = 200_000  # draws of the whole prior that the share of the region is found by


def learn(prior: Restricted, theta: np.ndarray, valid: np.ndarray, seed: int) -> Region:
    """Region in which runs are valid, from runs at parameters (N, D) of the whole prior.

    ``valid`` (N,) says of which. ``seed`` seeds training, and the draws that the share is found by.
    Raises MeasurementError for too few valid or invalid runs to tell them apart, and for a region
    without a draw inside.
    """
    for kind, count in (("valid", valid.sum()), ("invalid", (~valid).sum())):
        if count < LEAST:
            raise MeasurementError(
                f"restriction: expected at least {LEAST} {kind} runs of {len(valid)} over the "
                f"prior, found {count}"
            )
    from sbi.utils import RestrictionEstimator

    estimator = RestrictionEstimator(
        as_sbi(prior.base), model=NETWORK, decision_criterion=lambda x: x[:, 0] > 0
    )
    with seeded(integer_seed(seed, "train")), redirect_stdout(StringIO()):
        estimator.append_simulations(
            torch.tensor(theta, dtype=torch.float32), torch.tensor(valid[:, None]).float()
        )
        classifier = estimator.train().eval()
        label = estimator._first_round_validation_label.bool().numpy()
        if not label.any():
            raise MeasurementError(
                f"restriction: expected valid runs among the {len(label)} that the threshold is "
                "found by, found none"
            )
        of_theirs = estimator.restrict_prior(allowed_false_negatives=prior.settings["missed"])
    weights = {name: value.double().tolist() for name, value in classifier.state_dict().items()}
    threshold = float(of_theirs._accept_reject_fn._classifier_thr.detach())
    untrained = estimator._first_round_validation_theta.double().numpy()
    found = Region(weights, threshold, 1.0, {})
    random = np.random.default_rng(integer_seed(seed, "share"))
    share = float(
        Restricted(prior.base, {}, found).contains(prior.base.draw(OF_SHARE, random)).mean()
    )
    if not share:
        raise MeasurementError(
            f"restriction: expected a region with some of {OF_SHARE} draws of the prior, found none"
        )
    inside = found.contains(untrained)
    history = {
        "measurements": len(valid),
        "valid": float(valid.mean()),
        "epochs": len(estimator._validation_log_probs),
        "tested": len(label),
        "valid_inside": float(label[inside].mean()) if inside.any() else float("nan"),
        "missed": float((~inside)[label].mean()),
    }
    return Region(weights, threshold, share, history)
