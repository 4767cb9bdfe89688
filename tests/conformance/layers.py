"""The layers that must agree: definition, reference, training's forward pass, Amaranth's simulation, Verilog.

Each function compares one layer with the reference, every state of every step and every result, and raises
:class:`Disagreement` where one integer differs.
"""

import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from hadamrnn.errors import InputError
from hadamrnn.hw.verilog import generation
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.walsh_hadamard import recurrent_gain
from hadamrnn.quant.fine_tuning import trained_logits
from hadamrnn.quant.integer import FrozenNetwork, IntegerNetwork, read_frozen, write_network
from hadamrnn.quant.integer_loop import IntegerLoop
from hadamrnn.quant.state_quantiser import quantised_states
from hadamrnn.sim import reference
from hadamrnn.sim.build import SimulationError
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.native.verification import verify

from ..hw.cores import CoreBench, InputSequence
from ..sim import scalar_dense_model, scalar_model
from .point import Point

LAYERS = ("software", "amaranth", "verilog")
_STALLS = {"none": {}, "random": {"stall": 0.3}, "worst": {"stall": 0.5, "patient": True}}  # of the Amaranth bench


class Disagreement(AssertionError):
    """A layer that differs from the reference; ``layer`` names it, and ``bench`` what ran it where that is Verilog."""

    def __init__(self, layer: str, text: str, bench: str | None = None) -> None:
        super().__init__(f"{layer}: {text}")
        self.layer, self.bench = layer, bench


def check(point: Point, builds: Path, saved: Path, layers: Collection[str] = LAYERS) -> None:
    """The layers of one point; where one differs, the point is saved, and the error says which command shows it."""
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        core = Path(scratch, "core")
        try:
            network, (inputs, lengths) = through_file(point.network), point.stimulus()
            if "software" in layers:
                check_software(network, inputs, lengths)
            if "amaranth" in layers:
                check_amaranth(point, inputs, lengths)
            if "verilog" in layers:
                generation.generate(point.network, point.core, core)
                for bench in ("icarus", *([point.bench] if point.bench else [])):
                    check_verilog(point, core, bench, builds)
        except Exception as error:
            bench = error.bench if isinstance(error, Disagreement) else None
            command = replace(point, bench=bench).save(saved, core if core.is_dir() else None)
            error.add_note(f"to see it again: {command}")
            raise


def through_file(network: FrozenNetwork) -> FrozenNetwork:
    """The network as a reader of its file has it."""
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        file = Path(scratch, "network.safetensors")
        write_network(network, file)
        found = read_frozen(file)
    if found != network:
        raise Disagreement("file", "what is read is not what was written")
    return found


def check_software(network: FrozenNetwork, inputs: np.ndarray, lengths: np.ndarray) -> None:
    """The reference against the definition in Python's integers, and both against training's forward pass in torch."""
    found = reference.run(network, inputs, lengths=lengths, return_states=True)
    assert found.states is not None
    running = np.arange(inputs.shape[1]) < lengths[:, None]
    states, logits = _by_definition(network, inputs, lengths)
    ends = np.cumsum(lengths) - 1
    every = network.readout == "every"
    _compare("definition, states", found.states[running], states)
    results = found.logits[running] if every else found.logits
    _compare("definition, logits", results, logits if every else logits[ends])
    _compare("definition, classes", found.classes[running] if every else found.classes, results.argmax(axis=1))
    try:
        loop = IntegerLoop(network)
    except InputError as error:
        if "expected at most 53 for an exact result in float64" not in str(error):
            raise
        return
    x, steps = torch.from_numpy(inputs), torch.from_numpy(lengths)
    fast = loop.run(x, steps, keep_states=True, count=True)
    assert fast.states is not None
    _compare("fast loop, states", found.states, fast.states.numpy())
    _compare("fast loop, logits", found.logits, fast.logits.numpy())
    _compare("fast loop, saturations", np.array(found.saturations), np.array(fast.saturations))
    if isinstance(network, IntegerNetwork):
        _compare("quantised training, states", found.states[running], _trained_states(network, inputs)[running])
        trained = trained_logits(_float_network(network), loop, _real(network, x), steps).detach().numpy()
        _compare("quantised training, logits", found.logits * network.logit_scale, trained)


def _by_definition(network: FrozenNetwork, inputs: np.ndarray, lengths: np.ndarray) -> tuple[list, np.ndarray]:
    """States and logits of every step, sequence after sequence, in Python's integers."""
    states, logits = [], []
    for sequence, length in zip(inputs, lengths.tolist(), strict=True):
        state = [0] * network.hidden_size
        for x in sequence[:length].tolist():
            if isinstance(network, IntegerNetwork):
                state, _ = scalar_model.step(network, state, x if isinstance(x, list) else [x])
            else:
                state, _, _ = scalar_dense_model.step(network, state, x)
            states.append(state)
            logits.append(scalar_model.read_out(network, state))
    return states, np.array(logits)


def _trained_states(network: IntegerNetwork, inputs: np.ndarray) -> np.ndarray:
    """States of the quantised forward pass by its definition: each rounding and saturation a Brevitas quantiser."""
    weight = torch.from_numpy(network.input_weight.astype(np.float64))
    x = torch.from_numpy(inputs)
    products = weight.T[x] if network.input_kind == "index" else x.double() @ weight.T
    drive = torch.round(products * 2.0**network.input_shift) + torch.from_numpy(network.bias.astype(np.float64))
    return quantised_states(
        torch.from_numpy(network.signs.astype(np.float64)),
        drive,
        block_size=network.block_size,
        gain=recurrent_gain(network.block_size, network.sqrt_half_bits),
        state_bits=network.state_bits,
    ).numpy()


def _float_network(network: IntegerNetwork) -> HadamardRNN:
    """The network in training whose forward pass with integers is ``network``, all scales being 1."""
    module = HadamardRNN(
        input_size=network.input_size,
        hidden_size=network.hidden_size,
        output_size=network.output_size,
        block_size=network.block_size,
        input_kind=network.input_kind,
        readout=network.readout,
        readout_activation=network.readout_activation,
        sqrt_half_bits=network.sqrt_half_bits,
    ).double()
    latents = {"sign_latents": network.signs / 10}
    latents |= {name: getattr(network, name) for name in ("input_weight", "bias", "output_weight", "output_bias")}
    module.load_state_dict({n: torch.from_numpy(np.asarray(v, dtype=np.float64)) for n, v in latents.items()})
    return module


def _real(network: IntegerNetwork, x: torch.Tensor) -> torch.Tensor:
    return x if network.input_kind == "index" else x.double() * network.input_scale


def check_amaranth(point: Point, inputs: np.ndarray, lengths: np.ndarray) -> None:
    """The core in Amaranth's own simulator, with stalls at all ends; states where it has a trace."""
    bench = CoreBench(point.network, seed=point.seed, **_STALLS[point.stalls], **point.parameters)
    sequences = [InputSequence(x[:length]) for x, length in zip(inputs, lengths.tolist(), strict=True)]
    try:
        bench.run(sequences)
    except AssertionError as error:
        raise Disagreement("Amaranth", str(error) or "it differs from the reference") from error


def check_verilog(point: Point, core: Path, bench: str, builds: Path) -> None:
    """The Verilog in ``core`` on one bench, its clocks too; states where it has a trace."""
    inputs, lengths = point.stimulus()
    options = {"lengths": lengths, "stalls": point.stalls, "seed": point.seed, "states": point.core.trace}
    try:
        if bench == "native":
            report = verify(point.network, core, inputs, build_folder=builds, **options)
        else:
            report = cosimulate(point.network, core, inputs, simulator=bench, build_folder=builds, **options)
    except SimulationError as error:
        raise Disagreement("Verilog", str(error), bench) from error
    if report.problems:
        raise Disagreement("Verilog", report.problems[0], bench)
    assert report.results_compared > 0
    assert bool(report.states_compared) == point.core.trace


def _compare(layer: str, expected: object, found: object) -> None:
    expected, found = np.asarray(expected), np.asarray(found)
    if expected.shape != found.shape or not np.array_equal(expected, found):
        places = np.argwhere(expected != found)[:1].tolist() if expected.shape == found.shape else "all, by shape"
        raise Disagreement(layer, f"differs at {places}: {expected.tolist()} expected, {found.tolist()} got")
