"""Where a core that somebody has broken first goes wrong: the component, the clock, the signals, both simulators."""

import re
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.explanation import Explanation, explain
from hadamrnn.sim.plan import Stimulus

from .cores import core, small_network, stimulus

NETWORK = small_network()
INPUTS, LENGTHS = stimulus(NETWORK, sequences=3, steps=5)


def edited(folder: Path, module: str, pattern: str, replacement: str) -> Path:
    """The core in ``folder`` with one edit in a module, as a person makes it."""
    file = core(folder, NETWORK) / "hadamard_core.v"
    begin, text, end = re.split(
        rf"(?s)(^module hadamard_core_{module} .*?^endmodule)", file.read_text(), maxsplit=1, flags=re.MULTILINE
    )
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1, text
    file.write_text(begin + changed + end)
    return folder


def explained(folder: Path, builds: Path, simulator: str = "icarus", **options: Any) -> Explanation:
    plan = Stimulus(inputs=INPUTS, lengths=LENGTHS, **options)
    report = cosimulate(NETWORK, folder, INPUTS, lengths=LENGTHS, simulator=simulator, build_folder=builds, **options)
    assert not report.passed
    explanation = explain(NETWORK, folder, plan, report, build_folder=builds)
    assert explanation is not None
    assert explanation.clock in explanation.waveform.clocks
    return explanation


@pytest.mark.parametrize("simulator", [pytest.param("verilator", marks=pytest.mark.long), "icarus"])
def test_a_butterfly(simulator: str, tmp_path: Path, builds: Path, icarus: None) -> None:
    folder = edited(tmp_path, "recurrence_transform_stage_1_butterfly", r"\} - \{", "} + {")
    explanation = explained(folder, builds, simulator)
    location = explanation.location
    assert location is not None
    assert location.module == "recurrence.transform.stage_1_butterfly"
    assert location.clock < explanation.clock
    assert [signal.name for signal in location.signals] == ["data_out"]
    assert len(explanation.expected) == len(explanation.got) == NETWORK.state_bits
    assert explanation.expected != explanation.got
    line = f"first wrong in recurrence / transform / stage_1_butterfly at clock {location.clock}: data_out is "
    assert explanation.lines()[1].startswith(line)


@pytest.mark.long
def test_the_read_out_after_a_reset(tmp_path: Path, builds: Path, icarus: None) -> None:
    """A counter that is not reset: the run with resets alone shows it."""
    folder = edited(tmp_path, "read_out_part", r"if \(rst\) begin", "if (1'b0) begin")
    explanation = explained(folder, builds, stalls="none", resets=1000)
    assert explanation.run == "resets"
    assert explanation.location is not None
    assert explanation.location.module == "read_out.part"


@pytest.mark.long
def test_a_core_that_takes_nothing(tmp_path: Path, builds: Path, icarus: None) -> None:
    folder = edited(tmp_path, "step_buffer", r"input__ready = ~spare_valid", "input__ready = 1'b0")
    explanation = explained(folder, builds)
    assert str(explanation.location).startswith("first wrong in step_buffer at clock 1: input__ready is 0 instead of 1")


def test_a_core_as_generated_has_no_other_to_compare_with(tmp_path: Path, builds: Path) -> None:
    """A description whose formula is wrong: the Verilog is right, the clocks are not the formula's."""
    core(tmp_path, NETWORK)
    report = cosimulate(NETWORK, tmp_path, INPUTS, lengths=LENGTHS, build_folder=builds)
    assert explain(NETWORK, tmp_path, Stimulus(inputs=INPUTS, lengths=LENGTHS), report) is None
