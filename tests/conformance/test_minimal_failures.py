"""What differs shrinks to a minimal network, written down with a command that shows it: on faults made on purpose."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed, settings

from hadamrnn.cli.group import hadamrnn
from hadamrnn.hw.verilog import generation
from hadamrnn.quant.integer import IntegerNetwork, read_network
from hadamrnn.sim import reference

from ..sim import mutants
from .layers import Disagreement, check
from .point import Point
from .strategies import TINY, points
from .test_conformance import FIXED


def smallest_failure(examples: int, fails: Callable[[Point], None]) -> Disagreement:
    """What ``fails`` raises for the smallest point that Hypothesis finds."""

    @seed(6)
    @settings(FIXED, max_examples=examples)
    @given(points(TINY))
    def conforms(point: Point) -> None:
        fails(point)

    with pytest.raises(Disagreement) as found:
        conforms()
    return found.value


def verdict(command: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Exit status and report of a command of ``hadamrnn``, run in this process, where the fault is."""
    program, *arguments = shlex.split(command)
    assert program == "hadamrnn"
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        hadamrnn([*arguments, "--json"], prog_name="hadamrnn")
    assert isinstance(ended.value.code, int)
    return ended.value.code, json.loads(capfd.readouterr().out)


def half_up(values: np.ndarray, shift: int) -> np.ndarray:
    """Half up instead of half to even."""
    return (values + (1 << shift >> 1)) >> shift


@pytest.mark.long
def test_wrong_rounding_in_the_reference(
    builds: Path, saved: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], icarus: None
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(reference, "round_half_even_shift", half_up)
        error = smallest_failure(300, lambda point: check(point, builds, saved, ["software"]))
        assert error.layer == "definition, states"
        network = read_network(saved / "network.safetensors")
        # A tie in the division takes a block of two or four units and a second step; all else is as small as can be.
        assert network.hidden_size <= 4
        assert (network.input_size, network.output_size) == (1, 1)
        point = json.loads((saved / "point.json").read_text())
        assert (point["sequences"], point["parameters"]["lanes"]) == (1, 1)
        assert 2 <= point["steps"] <= 3
        command = (saved / "reproduce.sh").read_text()
        assert f"to see it again: {command.strip()}" in error.__notes__
        status, report = verdict(command, capfd)
        assert status == 1
        assert report["first_difference"].startswith("sequence 0, step ")
    status, report = verdict(command, capfd)
    assert (status, report["problems"]) == (0, [])


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_fault_in_the_verilog(
    builds: Path, saved: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], icarus: None
) -> None:
    """Logits above 5 are one too large: the smallest network that shows it has an output bias of 6 and nothing else.

    Verilog only: each attempt compiles a core.
    """
    generate = generation.generate

    def generate_broken(network: IntegerNetwork, parameters: Any, folder: Path) -> None:
        description = generate(network, parameters, folder)
        (port,) = [port for port in description["ports"] if port["name"] == "m_axis_tdata"]
        width = port["width"]
        fault = f"wire signed [{width - 1}:0] data; assign m_axis_tdata = data > 5 ? data + 1 : data;"
        mutants.surround(folder, fault, m_axis_tdata="data")

    monkeypatch.setattr(generation, "generate", generate_broken)

    def fails(point: Point) -> None:
        inputs, lengths = point.stimulus()
        if (
            reference.run(point.network, inputs, lengths=lengths).logits > 5
        ).any():  # otherwise it need not be compiled
            check(point, builds, saved, ["verilog"])

    error = smallest_failure(100, fails)
    assert (error.layer, error.bench) == ("Verilog", "icarus")
    network = read_network(saved / "network.safetensors")
    # One of each and one bias is enough, but Hypothesis shrinks for five minutes only: a busy machine gets less far.
    assert network.hidden_size <= 2
    assert network.output_size <= 2
    assert nonzero(network) <= 8
    assert (saved / "core" / "hadamard_core.v").is_file()
    status, report = verdict((saved / "reproduce.sh").read_text(), capfd)
    assert status == 1
    fields = report["first_difference_fields"]
    assert fields["what"] == "value"
    assert fields["got"] == fields["expected"] + 1 > 6


def nonzero(network: IntegerNetwork) -> int:
    """Weights and biases that are not 0."""
    arrays = network.input_weight, network.bias, network.output_weight, network.output_bias
    return sum(int(np.count_nonzero(array)) for array in arrays)
