"""Summaries of observations that are learned: networks between an observation and its flow.

``cnn`` and ``fc`` are sbi's convolutional and fully connected embedding networks and are trained
together with the flow. ``autoencoder`` is the encoder of a convolutional autoencoder, trained on
the observations of the first round before the flow is, and kept as it is from then on
(arXiv 2412.02437 infers from such a latent vector). Its weights are buffers of the network, so that
they are saved with it and nothing trains them.
Shapes: N observations, F features of one, U summaries.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from analog_sbi.estimators.settings import KERNEL, POOL, EstimatorSettings

SUMMARIES = 20  # default of sbi
# Channels of two convolutions, units of linear layers.
CHANNELS, UNITS = (8, 16), 64
EPOCHS, BATCH, RATE = 20, 100, 1e-3  # of the autoencoder


def embedding(settings: EstimatorSettings, features: int) -> nn.Module:
    """New network of settings from observations (N, F) to summaries (N, U); identity without one.

    Initial weights come from torch's global state.
    """
    from sbi.neural_nets.embedding_nets import FCEmbedding

    size = settings.summaries or SUMMARIES
    if settings.embedding is None:
        return nn.Identity()
    if settings.embedding == "fc":
        return FCEmbedding(features, output_dim=size, num_layers=2, num_hiddens=UNITS)
    if settings.embedding == "cnn":
        return convolutional(features, size)
    return Encoder(features, size)


def convolutional(features: int, size: int) -> nn.Module:
    """sbi's convolutional embedding network of observations (N, F) to (N, U)."""
    from sbi.neural_nets.embedding_nets import CNNEmbedding

    return CNNEmbedding(
        (features,),
        out_channels_per_layer=list(CHANNELS),
        num_linear_units=UNITS,
        output_dim=size,
        kernel_size=KERNEL,
        pool_kernel_size=POOL,
    )


class Encoder(nn.Module):
    """Encoder whose weights are buffers: learned by ``learn`` and by nothing else."""

    def __init__(self, features: int, size: int) -> None:
        """Take initial weights from torch's global state."""
        super().__init__()
        net = convolutional(features, size)
        self._net = (net,)  # in a tuple, so that its weights are not parameters of this module
        self._names = {name: name.replace(".", "_") for name, _ in net.named_parameters()}
        for name, value in net.named_parameters():
            self.register_buffer(self._names[name], value.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Summaries (N, U) of observations (N, F)."""
        weights = {name: getattr(self, own) for name, own in self._names.items()}
        summaries: Tensor = functional_call(self._net[0], weights, (x,))
        return summaries

    def learn(self, x: Tensor) -> float:
        """Train encoder and decoder on standardized observations (N, F).

        Returns the mean squared error that is left over, of a variance of one.
        """
        net = self._net[0]
        size = net(x[:1]).shape[1]
        decoder = nn.Sequential(
            nn.Linear(size, UNITS),
            nn.ReLU(),
            nn.Linear(UNITS, UNITS),
            nn.ReLU(),
            nn.Linear(UNITS, x.shape[1]),
        )
        optimizer = torch.optim.Adam([*net.parameters(), *decoder.parameters()], lr=RATE)
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x)).split(BATCH):
                loss = (decoder(net(x[rows])) - x[rows]).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        with torch.no_grad():
            for name, value in net.named_parameters():
                getattr(self, self._names[name]).copy_(value)
            return float((decoder(net(x)) - x).square().mean())


def learn_beforehand(network: Any, x: Tensor) -> None:
    """Train the encoder of a network, if it has one, on standardized observations (N, F)."""
    for module in network.modules():
        if isinstance(module, Encoder):
            module.learn(x)
