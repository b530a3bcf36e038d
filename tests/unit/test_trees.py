"""Trees of compartments: their circuits, their place on the chip, and all backends."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from analog_sbi import study as typed
from analog_sbi.backends import make
from analog_sbi.backends.arbor import simulation
from analog_sbi.chip import capmem, circuit, emulation
from analog_sbi.chip.calibration import configuration
from analog_sbi.chip.fixed_pattern import CIRCUITS, FixedPattern, fixed_pattern
from analog_sbi.chip.pynn import morphology
from analog_sbi.chip.wiring import wire
from analog_sbi.errors import BackendError, ConfigurationError, UnavailableError
from analog_sbi.hardware.program import ChainProgram
from analog_sbi.models import chain, load, plain_signals, signals_of
from analog_sbi.models.tree import Tree
from analog_sbi.paper import given
from analog_sbi.paper.artifacts import Artifacts, Frame
from analog_sbi.paper.registry import figures
from analog_sbi.paper.targets import targets
from analog_sbi.plots import style
from analog_sbi.prior import Box
from analog_sbi.study import posing
from tests import setups
from tests.unit import made_up

FIVE = Tree(tuple(setups.PARENTS))
STAR = Tree((None, 0, 0, 0))
TREES = [
    FIVE,
    STAR,
    Tree((None, 0, 1)),
    Tree((None, 0, 0)),
    Tree((None, 0, 0, 1, 2)),  # a path whose root is in the middle
    Tree((None, 0, 1, 1, 3, 3, 0)),
    Tree((None, 0, 0, 1, 1, 2, 2)),
]
THREE_BRANCHES = Tree((None, 0, 0, 0, 1, 2, 3))


# --- what a tree is


def test_links_are_those_of_the_parents():
    assert FIVE.links.tolist() == [[0, 1], [1, 2], [1, 3], [0, 4]]
    assert not FIVE.is_chain
    assert str(FIVE) == "[null, 0, 1, 1, 0]"


def test_a_chain_is_the_tree_of_those_before():
    assert Tree.of(3) == Tree((None, 0, 1))
    assert Tree.of(3).is_chain
    assert Tree.of(5, setups.PARENTS) == FIVE


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ((None,), "at least 2 compartments, found 1"),
        ((), "at least 2 compartments, found 0"),
        ((0, 0), "null as parent of compartment 0, found 0"),
        ((None, 1), "0 as parent of compartment 1, found 1"),
        ((None, 0, 3), "one of 0 to 1 as parent of compartment 2, found 3"),
        ((None, 0, None), "one of 0 to 1 as parent of compartment 2, found null"),
        ((None, 0, -1), "one of 0 to 1 as parent of compartment 2, found -1"),
    ],
)
def test_what_is_no_tree_is_refused(parents, message):
    with pytest.raises(ValueError, match=message):
        Tree(parents)


# --- on the chip


def conducting(wiring) -> set[tuple[int, int, int]]:
    """Compartments that a circuit's resistor joins, from the switches alone."""
    owner = {int(c) + side: n for n, c in enumerate(wiring.circuits) for side in (0, 1)}
    found = set()
    for circuit_, (start, stop) in (
        (int(r), s) for r in wiring.resistors for s in wiring.stretches if s[0] < r <= s[1]
    ):
        assert stop <= max(owner)
        found.add((*sorted((owner[start], owner[circuit_])), circuit_))
    return found


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_the_switches_join_what_is_joined(tree):
    wiring = wire(tree.links)
    assert sorted(wiring.circuits) == list(range(0, 2 * len(tree), 2))
    expected = {(*pair, r) for pair, r in zip(tree.links.tolist(), wiring.resistors, strict=True)}
    assert conducting(wiring) == {(a, b, int(r)) for a, b, r in expected}
    # no segment of the line is in two stretches
    assert all(stop < start for (_, stop), (start, _) in pairwise(wiring.stretches))


def test_a_chain_lies_from_left_to_right():
    wiring = wire(Tree.of(4).links)
    assert wiring.circuits.tolist() == [0, 2, 4, 6]
    assert wiring.resistors.tolist() == [2, 4, 6]
    assert wiring.stretches == ((1, 2), (3, 4), (5, 6))


@pytest.mark.parametrize("tree", [FIVE, TREES[5], Tree.of(4)], ids=str)
def test_the_program_closes_the_switches_of_its_morphology(tree):
    """Those that PyNN closes for a neuron of such compartments and stretches of the line."""
    wiring = wire(tree.links)
    starts = dict(wiring.stretches)
    compartments = [
        morphology.PlacedCompartment(
            positions=[left, left + 1],
            label=str(number),
            connect_shared_line=[left + 1] if left + 1 in starts else [],
            connect_conductance=[(left, 0)] if left in wiring.resistors else [],
        )
        for number, left in enumerate(wiring.circuits.tolist())
    ]
    stretches = [morphology.SharedLineConnection(a, b, row=0) for a, b in wiring.stretches]
    cell = morphology.create_mc_neuron("Tree", compartments, stretches)()
    expected = {name: np.zeros(CIRCUITS, dtype=bool) for name in morphology._WIRES}
    cell.wire(expected, np.array([cell.positions]))
    model = make(setups.setup("bss2", parents=tree.parents))
    calibration = model.calibrate(np.random.default_rng(0))
    config = model.device.initial_config(calibration)
    program = ChainProgram(model.library, wiring, model.stimulus, 1, config)
    switches = program.circuits.get([*expected], simplify=False)
    for (name, values), found in zip(expected.items(), switches, strict=True):
        np.testing.assert_array_equal(values[: len(found)], found, err_msg=name)


@pytest.mark.parametrize("backend", ["bss2", "bss2_sim"])
def test_what_the_switches_cannot_join_is_refused_with_the_compartment(backend):
    with pytest.raises(BackendError, match=r"chain\.parents: .* compartment 0 .*\(1, 2, 3\)") as it:
        make(setups.setup(backend, parents=THREE_BRANCHES.parents))
    assert "\n" not in str(it.value)
    make(setups.setup(backend, parents=TREES[-1].parents))  # two branches
    make(setups.setup("arbor", parents=THREE_BRANCHES.parents))


def test_an_input_takes_all_synapses_of_its_circuit_where_it_needs_them():
    """Both rows of each of the 128 drivers, and no more: the configuration ends there."""
    model = make(setups.setup("bss2", length=2, inputs=256, weight=1))
    calibration = model.calibrate(np.random.default_rng(0))
    found = model.measure(calibration, [[500, 500, 500]], np.random.default_rng(0), ["heights"])
    few = make(setups.setup("bss2", length=2, inputs=16, weight=16))
    expected = few.measure(calibration, [[500, 500, 500]], np.random.default_rng(0), ["heights"])
    np.testing.assert_allclose(found["heights"], expected["heights"], rtol=0.1)
    with pytest.raises(ConfigurationError, match=r"chip\.inputs: expected at most 256"):
        study_of(chip={"inputs": 257})


@pytest.mark.parametrize("backend", ["bss2", "bss2_sim"])
def test_a_chain_ends_at_the_border_of_a_quadrant(backend):
    with pytest.raises(
        BackendError, match=r"chain\.length: expected at most 64 .*, found 65$"
    ) as it:
        make(setups.setup(backend, length=65))
    assert "\n" not in str(it.value)
    assert len(make(setups.setup(backend, length=64)).inputs) == 127
    make(setups.setup("arbor", length=65))


# --- one circuit: integrated, solved exactly, simulated in Arbor

CAPACITANCE = 125.0  # pF
LEAK = 125.0 / np.array([20.0, 15.0, 25.0, 12.0, 30.0])  # nS
AXIAL = 125.0 / np.array([5.0, 10.0, 3.0, 20.0])


@pytest.mark.parametrize("tree", [FIVE, TREES[4]], ids=str)
@pytest.mark.parametrize("source", [0, 3])
def test_a_tree_is_solved_exactly(tree, source):
    time = np.linspace(0, 60, 61)

    def slope(t, v):
        flow = -LEAK * v
        flow[source] += np.exp(-t / 10.0)
        for (one, other), conductance in zip(tree.links, AXIAL, strict=True):
            flow[one] += conductance * (v[other] - v[one])
            flow[other] += conductance * (v[one] - v[other])
        return flow / CAPACITANCE

    expected = solve_ivp(slope, (0, 60), np.zeros(5), t_eval=time, rtol=1e-9, atol=1e-12).y
    coupling = circuit.tree_coupling(AXIAL[None], tree.links)
    network = circuit.modes(CAPACITANCE, LEAK[None], coupling)
    exact = circuit.response(network, source, np.array(0.1), np.array(1.0), time)[0]
    np.testing.assert_allclose(exact, expected, atol=1e-8)
    # the sum of every column of the conductances is the leak: a Laplacian and the leaks
    matrix = circuit.conductance_matrix(LEAK[None], coupling)[0]
    np.testing.assert_allclose(matrix.sum(axis=0), LEAK)


def in_arbor(tree, **changed):
    """Backend whose input hardly moves the potential, so that its synapse is a current."""
    changed = {"weight": 1e-6, "time_step": 0.0025} | changed
    return make(setups.setup("arbor", parents=list(tree.parents), length=len(tree), **changed))


@pytest.mark.parametrize("tree", [FIVE, STAR], ids=str)
def test_arbor_simulates_the_same_circuit(tree):
    model, size = in_arbor(tree), len(tree)
    leak, axial = LEAK[:size], AXIAL[: size - 1]
    tau = CAPACITANCE / np.concatenate([leak, axial])
    cable = model.cable
    inputs = [cable.leak_conductance(t) for t in tau[:size]]
    inputs += [cable.axial_conductivity(t) for t in tau[size:]]
    time, traces = model.simulate(np.array([inputs]))
    coupling = circuit.tree_coupling(axial[None], tree.links)
    network = circuit.modes(CAPACITANCE, leak[None], coupling)
    current = model.weight * 65.0 * 1e3  # pA, at rest
    exact = np.zeros((size, len(time)))
    for source, spike in enumerate(model.spike_times):
        after = time >= spike
        exact[:, after] += circuit.response(
            network, source, np.array(0.1), np.array(current), time[after] - spike
        )[0]
    moved = traces[0] - simulation.REST_MV
    assert np.abs(moved - exact).max() < 0.005 * exact.max()


def test_a_chain_built_as_a_tree_is_the_chain(monkeypatch):
    model = make(setups.setup("arbor"))
    inputs = model.inputs.scale(np.array([[0.1, 0.9, 0.4, 0.6, 0.3, 0.8, 0.5]]))
    _, expected = model.simulate(inputs)
    monkeypatch.setattr(Tree, "is_chain", False)
    _, found = model.simulate(inputs)
    assert np.abs(found - expected).max() < 1e-4 * np.ptp(expected)


# --- heights of the chip's model, of its program, and of Arbor

CODES = np.array([300, 600, 511, 800, 200, 400, 900, 511, 700.0])


def test_the_program_and_the_batches_measure_the_same():
    batches, program = (make(setups.setup(n, parents=setups.PARENTS)) for n in ("bss2_sim", "bss2"))
    calibration = batches.calibrate(np.random.default_rng(3))
    many, few = (
        model.measure(calibration, np.tile(CODES, (count, 1)), np.random.default_rng(1))["heights"]
        for model, count in ((batches, 1000), (program, 12))
    )
    apart = (few.mean(axis=0) - many.mean(axis=0)) / (many.std(axis=0) / np.sqrt(12))
    # the largest of 25 normal deviates is above 4.5 once in 6000
    assert np.abs(apart).max() < 4.5


def without_mismatch() -> FixedPattern:
    one, zero = np.ones(CIRCUITS), np.zeros(CIRCUITS)
    return FixedPattern(one, one, one, one, zero, zero)


def test_arbor_has_the_heights_of_the_chip_in_its_own_units():
    """At equal time constants, with neither mismatch nor noise; a synapse there is no current."""
    wiring = wire(FIVE.links)
    codes = emulation.Configuration(wiring.circuits, *np.full((3, 5), 500))
    stimulus = emulation.Stimulus(interval=200.0, inputs=10, weight=30)
    chip = emulation.configure(without_mismatch(), codes, stimulus, wiring)
    leak = capmem.leak_conductance(CODES[:5])
    axial = capmem.axial_conductance(CODES[5:])
    time = np.arange(0, 1000, 0.1)
    traces = emulation._potential(
        chip, stimulus, np.tile(leak, (5, 1)), np.tile(axial, (5, 1)), time
    )
    heights = chain.extract_heights(time, traces, stimulus.spike_times(5))
    model = in_arbor(FIVE, tau_synapse=float(1 / chip.synaptic_rate[0]))
    inputs = [model.cable.leak_conductance(capmem.REFERENCE_PF / g) for g in leak]
    inputs += [model.cable.axial_conductivity(capmem.REFERENCE_PF / g) for g in axial]
    found = chain.extract_heights(*model.simulate(np.array([inputs])), model.spike_times)[0]
    scale = heights.max() / found.max()
    np.testing.assert_allclose(found * scale, heights, rtol=0.01)


def test_chips_differ_by_the_circuits_that_carry_the_links():
    calibrated = make(setups.setup("bss2_sim", parents=setups.PARENTS)).calibrate(
        np.random.default_rng(0)
    )
    pattern, wiring = fixed_pattern(59), wire(FIVE.links)
    stimulus = emulation.Stimulus(200.0, 10, 30)
    chip = emulation.configure(pattern, configuration(calibrated), stimulus, wiring)
    np.testing.assert_array_equal(chip.axial_factor, pattern.axial[wiring.resistors])
    np.testing.assert_array_equal(calibrated["circuit"], wiring.circuits)


# --- names


def test_names_are_of_pairs_that_are_joined():
    inputs = make(setups.setup("bss2_sim", parents=setups.PARENTS)).inputs
    assert inputs.names[5:] == ("g_axial_01", "g_axial_12", "g_axial_13", "g_axial_04")
    assert len(chain.individual(inputs).space) == 9
    np.testing.assert_array_equal(chain.shared(inputs)([1.0, 2.0]), [[1, 1, 1, 1, 1, 2, 2, 2, 2]])


def test_signals_tell_the_tree_and_lack_the_decay_constant():
    model, face = load("chain"), chain.signals(5, "mV", "ms", FIVE)
    assert chain.tree_of(signals_of(plain_signals(face))) == FIVE
    assert chain.tree_of(chain.signals(5, "mV", "ms")) == Tree.of(5)
    with pytest.raises(UnavailableError, match=r"tau: expected a chain, ") as caught:
        model.observable("tau", face)
    assert "[null, 0, 1, 1, 0]" in str(caught.value)
    assert model.tabulated_of(face) == ("all",)
    assert model.tabulated_of(chain.signals(5, "mV", "ms")) == ("all", "tau")
    assert len(model.observable("all", face).names) == 25
    assert model.observable("first", face).names == ("h_00", "h_10", "h_20", "h_30", "h_40")


# --- weight and leak potential


@pytest.mark.parametrize("backend", ["bss2_sim", "arbor"])
def test_further_inputs_are_parameters_after_the_conductances(backend):
    inputs = make(setups.tree(backend)).inputs
    made = load("chain").parameterizations_of(inputs)
    assert made["global_weight"].space.names == ("g_leak", "g_axial", "weight")
    both = made["individual_weight_leak_potential"]
    assert both.space == inputs
    point = inputs.draw(1, np.random.default_rng(0))
    np.testing.assert_array_equal(both(point), point)
    expanded = made["global_leak_potential"]([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(expanded, [[1, 1, 1, 1, 1, 2, 2, 2, 2, np.nan, 3]])


def test_backends_without_them_refuse_by_name():
    model, inputs = load("chain"), make(setups.setup("bss2_sim")).inputs
    assert list(model.parameterizations_of(inputs)) == ["global", "individual"]
    for name in ("global_weight", "individual_weight_log"):
        with pytest.raises(UnavailableError, match=r"parameters: .* with the input weight, found"):
            model.parameterization(name, inputs)


def heights(backend, further, count=1):
    model = make(setups.tree(backend))
    calibration = model.calibrate(np.random.default_rng(3))
    middle = model.inputs.scale(np.full(len(model.inputs), 0.5))
    inputs = np.tile([*middle[:9], *further], (count, 1))
    needs = ("heights", "traces", "time", "arrivals")
    found = model.measure(calibration, inputs, np.random.default_rng(1), needs)
    return found["heights"].mean(axis=0), load("chain").observable("rest", model.signals)(found)


@pytest.mark.parametrize(("backend", "weight"), [("bss2_sim", 30), ("bss2", 30), ("arbor", 0.05)])
def test_what_is_not_given_is_as_configured(backend, weight):
    for further in ([np.nan, np.nan], [weight, np.nan], [weight, 0.0]):
        for one, other in zip(heights(backend, further), heights(backend, []), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("backend", "step"), [("bss2_sim", 0.79), ("bss2", 0.79), ("arbor", 1.0)])
def test_leak_potentials_shift_the_rest(backend, step):
    _, before = heights(backend, [np.nan, 0.0])
    _, after = heights(backend, [np.nan, -10.0])
    np.testing.assert_allclose(after - before, -10 * step, atol=0.3)


@pytest.mark.parametrize(("backend", "weights"), [("bss2_sim", (15, 45.4)), ("bss2", (15, 45.4))])
def test_weights_scale_the_heights(backend, weights):
    few, many = (heights(backend, [weight, np.nan], count=4)[0] for weight in weights)
    noise = 3.5  # LSB, by which the maximum is above the potential
    np.testing.assert_allclose((many - noise) / (few - noise), 3.0, rtol=0.25)
    # on the diagonal heights are far above their noise
    np.testing.assert_allclose(np.diag((many - noise) / (few - noise)), 3.0, rtol=0.06)


def test_in_arbor_the_distance_to_the_reversal_counts():
    (low, _), (high, _) = (heights("arbor", [np.nan, shift]) for shift in (-10.0, 10.0))
    assert (low > 1.1 * high).all()


# --- figures, and the configuration


def study_of(**changed):
    return typed.load(setups.configuration(**changed))


TREE = study_of(chain={"parents": setups.PARENTS})
CHAIN = study_of(chain={"parents": [None, 0, 1, 2, 3]})


def test_the_length_is_the_number_of_parents():
    assert TREE.chain.length == 5
    assert TREE.chain.tree == FIVE
    assert CHAIN.chain.tree.is_chain


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ([None, 0, 1, 1, 4], r"chain\.parents: expected one of 0 to 3 as parent of compartment 4"),
        ([0, 0], r"chain\.parents: expected null as parent of compartment 0"),
        ([None], r"chain\.parents: expected at least 2 entries"),
        ([None, 0, 0.5], r"chain\.parents\[2\]: expected integer"),
    ],
)
def test_what_is_no_tree_is_refused_by_its_key(parents, expected):
    with pytest.raises(ConfigurationError, match=expected) as caught:
        study_of(chain={"parents": parents})
    assert "\n" not in str(caught.value)


def own(**changed):
    """A study that asks a question of its own."""
    return study_of(
        chain={"parents": setups.PARENTS},
        targets={"x": {"position": [0.5] * 9}, "y": {"position": [0.5] * 3}},
        experiments={
            "mine": {
                "parameters": "individual",
                "observable": "all",
                "target": "x",
                "rounds": [100],
                "seeds": 1,
                **changed,
            }
        },
        experiment="mine",
    )


def test_a_question_of_a_tree_is_posed_though_others_cannot_be():
    study = own()
    posing.check(study)
    posed = posing.problem(study, "mine", "bss2_sim")
    assert len(posed.space) == 9
    assert len(posed.features) == 25
    assert posing.known_parameters(study, "mine", "bss2_sim") == [511.0] * 9
    with pytest.raises(UnavailableError, match=r"experiments\.mine\.observable: tau: .* a chain"):
        posing.check(own(observable="tau"))
    with pytest.raises(UnavailableError, match=r"experiments\.tau_2d\.observable: tau"):
        posing.problem(study, "tau_2d", "bss2_sim")


def test_a_position_is_one_of_what_is_inferred():
    """Of the parameterizations with three parameters, that of the experiment."""
    for name, last in (("global_weight", 32.0), ("global_leak_potential", 0.0)):
        study = own(parameters=name, target="y")
        where = posing.setup(study, "bss2_sim", "chain")
        assert posing.position_parameterization(study, where, "y") == name
        assert posing.known_parameters(study, "mine", "bss2_sim") == [511.0, 511.0, last]


OF_THE_CHAIN = ("figure3", "figure5", "figure6", "figure9", "pairs", "algorithms")


@pytest.mark.parametrize("name", OF_THE_CHAIN)
def test_figures_of_the_chain_are_refused_of_a_tree(name):
    figure = figures()[name]
    given.check_drawn(CHAIN, figure)
    with pytest.raises(ConfigurationError, match=r"expected a chain.*figure2, figure4 can") as it:
        given.check_drawn(TREE, figure)
    assert "\n" not in str(it.value)


@pytest.mark.parametrize("name", ["figure2", "figure4"])
def test_figures_of_any_compartments_are_drawn(name):
    given.check_drawn(TREE, figures()[name])


def test_claims_on_the_chain_are_refused_of_a_tree():
    given.check_decided(CHAIN, "figure2")
    assert given.undecided(CHAIN) == []
    with pytest.raises(ConfigurationError, match="claims of figure2: expected a chain"):
        given.check_decided(TREE, "figure2")
    assert not any(name.startswith("adex") for name in given.undecided(TREE))
    beside = [
        {target.name: target.files for target in targets("bss2_sim", undecided)}["figure2"]
        for undecided in (given.undecided(CHAIN), given.undecided(TREE))
    ]
    assert [any(path.endswith(".parquet") for path in files) for files in beside] == [True, False]


def test_figure_4_has_a_panel_a_circuit_and_a_height():
    face, inputs = (
        chain.signals(5, "MADC LSB", "us", FIVE),
        make(setups.setup("bss2_sim", parents=setups.PARENTS)).inputs,
    )
    frame = Frame(made_up.FRAME.setup, chain.shared(inputs).space, face)
    problems = {
        f"bss2_sim/{name}": replace(
            made_up.PROBLEMS[f"bss2_sim/{name}"], prior=Box(inputs), signals=face
        )
        for name in ("first_7d", "all_7d")
    }
    heights = chain.height_names(5)
    rows = pd.DataFrame({name: made_up.exact(10, 50.0, 2.0) for name in (*inputs.names, *heights)})
    rows = rows.assign(g_leak=500.0, g_axial=500.0, seed=0, round=0)
    figure = figures()["figure4"]
    made = Artifacts(
        lambda path: rows, "bss2_sim", frame, problems, {"predictive.seed": 0}, figure.needs
    )
    with style.figure(figure.size[1]) as canvas:
        figure.draw(canvas, made)
        marginals, check = (len(panel.get_axes()) for panel in canvas.subfigs)
    assert (marginals, check) == (10, 25)
