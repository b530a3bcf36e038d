"""Passive compartments with synaptic input, solved exactly (paper, equations 1 and 2).

    C_i dV_i/dt = -g_i (V_i - E_i) + sum_j g_ij (V_j - V_i) + I_i(t)

with a synaptic current I_i(t) = a exp(-t / tau_syn) after each input. The system is linear:
with S = C^(-1/2) G C^(-1/2) = U diag(rates) U^T every response is a sum of differences of
exponentials. Shapes: N networks, L compartments, K = L modes, T times.
Units: us, pF, uS, and MADC LSB for potentials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy


@dataclass(frozen=True)
class Modes:
    """Eigenmodes of N networks.

    ``rates`` (N, K) in 1/us; ``vectors`` (N, L, K) in pF^(-1/2), so that the contribution of mode
    k to the potential of compartment i per unit of charge brought to compartment j is
    vectors[i, k] vectors[j, k], in 1/pF.
    """

    rates: np.ndarray
    vectors: np.ndarray


def tree_coupling(axial: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Conductances (N, L - 1) of links (L - 1, 2) as a symmetric matrix (N, L, L)."""
    count, size = len(axial), len(links) + 1
    coupling = np.zeros((count, size, size))
    one, other = links.T
    coupling[:, one, other] = axial
    coupling[:, other, one] = axial
    return coupling


def chain_coupling(axial: np.ndarray) -> np.ndarray:
    """Conductances between neighbours (N, L - 1) as a symmetric matrix (N, L, L)."""
    index = np.arange(axial.shape[1])
    return tree_coupling(axial, np.stack([index, index + 1], axis=1))


def conductance_matrix(leak: np.ndarray, coupling: np.ndarray) -> np.ndarray:
    """Matrix G (N, L, L) of C dV/dt = -G V from leaks (N, L) and a symmetric coupling."""
    matrix = -coupling
    index = np.arange(leak.shape[1])
    matrix[:, index, index] = leak + coupling.sum(axis=2)
    return matrix


def modes(capacitance: np.ndarray | float, leak: np.ndarray, coupling: np.ndarray) -> Modes:
    """Diagonalize networks with capacitances (L,) or (N, L), leaks (N, L), coupling (N, L, L)."""
    scale = 1 / np.sqrt(np.broadcast_to(capacitance, leak.shape))
    matrix = conductance_matrix(leak, coupling) * scale[:, :, None] * scale[:, None, :]
    rates, vectors = np.linalg.eigh(matrix)
    return Modes(rates=rates, vectors=vectors * scale[:, :, None])


def rest(leak: np.ndarray, coupling: np.ndarray, potential: np.ndarray) -> np.ndarray:
    """Steady state (N, L) without input for leak potentials (L,) or (N, L)."""
    drive = leak * np.broadcast_to(potential, leak.shape)
    return np.linalg.solve(conductance_matrix(leak, coupling), drive[..., None])[..., 0]


def kernel(rate: np.ndarray, synaptic_rate: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Response of one mode to an exponential current that starts at time 0.

    (exp(-rate t) - exp(-synaptic_rate t)) / (synaptic_rate - rate), which is t exp(-rate t)
    where both rates agree; 0 before time 0. Arguments broadcast; result in us.
    """
    time = np.maximum(time, 0.0)
    slower = np.minimum(rate, synaptic_rate)
    ratio = scipy.special.exprel(-np.abs(synaptic_rate - rate) * time)
    return time * np.exp(-slower * time) * ratio


def response(
    network: Modes,
    source: int,
    synaptic_rate: np.ndarray,
    current: np.ndarray,
    time: np.ndarray,
) -> np.ndarray:
    """Potential (N, L, T) after one input to compartment ``source`` at time 0.

    ``synaptic_rate`` (1/us) and initial ``current`` (pF LSB / us) are scalars or (N,).
    """
    shape = (network.rates.shape[0], 1, 1)
    rate = np.broadcast_to(np.reshape(synaptic_rate, (-1, 1, 1)), shape)
    shapes = kernel(network.rates[:, :, None], rate, np.asarray(time)[None, None, :])
    strength = np.broadcast_to(np.reshape(current, (-1, 1, 1)), shape)
    gain = network.vectors * network.vectors[:, [source], :]
    return strength * np.matmul(gain, shapes)
