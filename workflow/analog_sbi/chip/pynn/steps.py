"""The steps of a stretch, compiled: relax, receive inputs, end resets, fire, keep.

What a step does is told in ``stepping``. Arrays are those of ``Net`` and ``State``; they are
changed in place. Inputs of sources come ordered by their step, spikes of circuits go through a
ring of as many steps as a spike may be on its way. Shapes: L nodes, K circuits, T steps, P watched
circuits, E inputs of sources, S synapses of circuits. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

import math

import numpy as np

from analog_sbi.chip.compiled import compiled


@compiled
def _kernel(rate, synaptic_rate, time):
    """Return ``circuit.kernel`` of numbers."""
    if time <= 0.0:
        return 0.0
    gap = abs(synaptic_rate - rate) * time
    share = 1.0 if gap < 1e-15 else -math.expm1(-gap) / gap
    return time * math.exp(-min(rate, synaptic_rate) * time) * share


@compiled
def _leak(node, first, order, held, net, step, leak):
    """Follow a change of reset in a circuit of ``node``; see ``membranes``."""
    capacitance, floating, floating_drive, conductances, drives, current, rates, gains, pause = net
    rate, level, decay, kernels = leak
    conductance, drive = floating[node], floating_drive[node]
    for at in range(first[node], first[node + 1]):
        k = order[at]
        row = 1 if held[k] else 0
        conductance += conductances[row, k]
        drive += drives[row, k] + current[k]
    rate[node] = conductance / capacitance[node]
    # a line that joins no membrane has no leak: its potential is left to the resistors
    level[node] = drive / conductance if conductance > 0.0 else 0.0
    decay[node] = math.exp(-rate[node] * step)
    for at in range(first[node], first[node + 1]):
        k = order[at]
        for receptor in range(2):
            if held[k] and pause[k]:
                kernels[receptor, k] = 0.0
            else:
                shape = _kernel(rate[node], rates[receptor, k], step)
                kernels[receptor, k] = shape * gains[receptor, k] / capacitance[node]


@compiled
def advance(
    clock,  # begin, step, way of a circuit's spike to a synapse, steps T
    nodes,  # node (K,), first (L + 1,) and order (K,): circuits by node
    net,  # as `_leak` takes it
    circuits,  # thresholds, refractory, reset, w_jump, each (K,)
    moving,  # slopes (B, L) of a noise, constant over blocks of time, and their length
    rails,  # of adaptation and potential: low, high, low, high
    adapting,  # rates, rests, from, drives, strengths, each (K,); empty: none
    exponential,  # largest current, onset, each (K,), slope; empty: none
    half,  # (L, L): what resistors do in half a step; (0, 0): no resistors
    free,  # (L,): rates of nodes without a reset
    synapses,  # starts (K + 1,), receptors, targets, weights, each (S,)
    inputs,  # starts (T + 1,), lines, rises, nodes, pulls, each (E,)
    noise,  # size of the comparators' noise, generator
    state,  # potential (L,), lines (2, K), adaptation, held, release, ready, thresholds, noise
    kept,  # places (P,), potential (T + 1, P), lines (T + 1, 2, P), adaptation (T + 1, P)
):
    """Go through the steps; return times and places of the spikes, in their order."""
    begin, step, way, count = clock
    node, first, order = nodes
    capacitance, rates, gains = net[0], net[6], net[7]
    thresholds, refractory, reset, jump = circuits
    w_rates, w_rests, w_from, w_drives, w_strengths = adapting
    largest, onsets, e_slope = exponential
    slopes, block = moving
    w_low, w_high, v_low, v_high = rails
    starts, receptors, targets, weights = synapses
    e_starts, e_lines, e_rises, e_nodes, e_pulls = inputs
    noise_size, generator = noise
    potential, lines, adaptation, held, release, ready, limits, offsets = state
    places, v_kept, lines_kept, w_kept = kept
    members, joined = len(node), len(potential)
    leak = (
        np.zeros(joined),
        np.zeros(joined),
        np.zeros(joined),
        np.zeros((2, members)),
    )
    for n in range(joined):
        _leak(n, first, order, held, net, step, leak)
    level, decay, kernels = leak[1], leak[2], leak[3]
    line_decay = np.exp(-rates * step)
    w_decay = np.exp(-w_rates * step)
    ring = math.ceil(way / step) + 2
    ring_lines = np.zeros((ring, 2, members))
    ring_pulls = np.zeros((ring, 2, members))
    waiting = np.zeros(ring, dtype=np.bool_)
    times = [0.0 for _ in range(0)]
    fired = [0 for _ in range(0)]
    old = np.empty(joined)
    pull = np.empty(joined)
    flow = np.empty(joined)
    level_before = np.empty(members)
    shares = np.empty(members)
    crossed = np.empty(members, dtype=np.int64)
    for index in range(count):
        before, now = begin + index * step, begin + (index + 1) * step
        old[:] = potential
        if len(half):
            potential[:] = np.dot(half, potential)
        pull[:] = 0.0
        flow[:] = 0.0
        for k in range(members):
            n = node[k]
            pull[n] += kernels[0, k] * lines[0, k] + kernels[1, k] * lines[1, k]
            lines[0, k] *= line_decay[0, k]
            lines[1, k] *= line_decay[1, k]
            if len(onsets) and largest[k] > 0.0 and not (held[k] and net[8][k]):
                full = largest[k] / capacitance[n] * step
                v = potential[n]
                slope = full / (1.0 + math.exp(-(v - onsets[k]) / e_slope))
                v += 0.5 * (slope + (level[n] - v) * (1.0 - decay[n]))
                flow[n] += full / (1.0 + math.exp(-(v - onsets[k]) / e_slope))
            if len(w_strengths):
                flow[n] -= w_strengths[k] * (adaptation[k] - w_rests[k]) / capacitance[n] * step
        drift = slopes[min(int((index + 0.5) * step / block), len(slopes) - 1)]
        for n in range(joined):
            # of a constant flow, what the leak leaves of it
            relaxed = leak[0][n] * step
            left = (1.0 - decay[n]) / relaxed if relaxed > 1e-9 else 1.0
            pull[n] += left * (flow[n] + drift[n] * step)
            potential[n] = level[n] + (potential[n] - level[n]) * decay[n] + pull[n]
            potential[n] = min(max(potential[n], v_low), v_high)
        if len(w_strengths):
            for k in range(members):
                v = potential[node[k]]
                target = w_rests[k] + w_drives[k] / w_rates[k] * (v - w_from[k])
                w = target + (adaptation[k] - target) * w_decay[k]
                adaptation[k] = min(max(w, w_low), w_high)
        for at in range(e_starts[index], e_starts[index + 1]):
            receptor, k = divmod(e_lines[at], members)
            lines[receptor, k] += e_rises[at]
            if not held[k]:
                potential[e_nodes[at]] += e_pulls[at]
        slot = index % ring
        if waiting[slot]:
            for receptor in range(2):
                for k in range(members):
                    lines[receptor, k] += ring_lines[slot, receptor, k]
                    if not held[k]:
                        potential[node[k]] += ring_pulls[slot, receptor, k]
            ring_lines[slot] = 0.0
            ring_pulls[slot] = 0.0
            waiting[slot] = False
        if len(half):
            potential[:] = np.dot(half, potential)

        # resets and refractory times that end within the step
        for k in range(members):
            if held[k] and release[k] <= now:
                n = node[k]
                part = min(max((release[k] - before) / step, 0.0), 1.0)
                level_before[k] = level[n] + (old[n] - level[n]) * decay[n] ** part
        for k in range(members):
            if held[k] and release[k] <= now:
                n = node[k]
                part = min(max((release[k] - before) / step, 0.0), 1.0)
                held[k] = False
                _leak(n, first, order, held, net, step, leak)
                late = 0.0
                for receptor in range(2):
                    late += kernels[receptor, k] * lines[receptor, k]
                rest = (level_before[k] - level[n]) * decay[n] ** (1.0 - part)
                # what flows onto the node loses next to nothing in a part of a step
                potential[n] = level[n] + rest + late * (1.0 - part) + flow[n] + drift[n] * step
            if limits[k] == math.inf and ready[k] <= now:
                limits[k] = thresholds[k] + offsets[k]

        # circuits at their threshold
        found = 0
        for k in range(members):
            if potential[node[k]] >= limits[k]:
                crossed[found] = k
                found += 1
        for at in range(found):
            k = crossed[at]
            n = node[k]
            rise, gap = potential[n] - old[n], limits[k] - old[n]
            share = min(max(gap / rise, 0.0), 1.0) if rise > 0.0 else 0.0
            time = before + share * step
            held[k] = True
            release[k] = time + reset[k]
            ready[k] = time + refractory[k]
            offsets[k] = noise_size * generator.standard_normal()
            adaptation[k] = min(max(adaptation[k] + jump[k], w_low), w_high)
            times.append(time)
            fired.append(k)
            shares[at] = share
            level_before[k] = min(potential[n], limits[k])
        for at in range(found):
            k = crossed[at]
            n = node[k]
            _leak(n, first, order, held, net, step, leak)
            fall = (level_before[k] - level[n]) * decay[n] ** (1.0 - shares[at])
            potential[n] = level[n] + fall
            limits[k] = math.inf
        for at in range(len(times) - found, len(times)):
            arrival = times[at] + way
            reached = int((arrival - begin) / step)
            if reached >= count:
                continue
            since = begin + (reached + 1) * step - arrival
            for s in range(starts[fired[at]], starts[fired[at] + 1]):
                k, receptor, weight = targets[s], receptors[s], weights[s]
                rate = rates[receptor, k]
                # ASSUME the leak of a node without reset: what arrives in a reset is lost anyway
                shape = _kernel(free[node[k]], rate, since) / capacitance[node[k]]
                ring_lines[reached % ring, receptor, k] += weight * math.exp(-rate * since)
                ring_pulls[reached % ring, receptor, k] += weight * gains[receptor, k] * shape
                waiting[reached % ring] = True
        for at in range(len(places)):
            k = places[at]
            v_kept[index + 1, at] = potential[node[k]]
            lines_kept[index + 1, 0, at] = lines[0, k]
            lines_kept[index + 1, 1, at] = lines[1, k]
            w_kept[index + 1, at] = adaptation[k]
    return np.array(times, dtype=np.float64), np.array(fired, dtype=np.int64)
