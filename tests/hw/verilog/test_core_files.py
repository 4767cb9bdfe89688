"""What goes with the Verilog: its head says what it is, the template has all ports, FuseSoC takes the core."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.ring_registers import register_names
from hadamrnn.hw.verilog.generation import generate

from ..networks import random_network


@pytest.fixture
def description(tmp_path: Path) -> dict[str, Any]:
    network = random_network(8, 4, output_size=5, state_bits=12, input_bits=9)
    return generate(network, CoreParameters(lanes=2, trace=True, output="logits"), tmp_path, "no")


def test_the_head_of_the_verilog(tmp_path: Path, description: dict[str, Any]) -> None:
    head = (tmp_path / "no.v").read_text().split("\n\n")[0].splitlines()
    assert all(line.startswith("//") and len(line) <= 120 for line in head)
    values = _values(head)
    assert (values["hidden size d"], values["block size n"], values["state bits w"]) == ("8", "4", "12")
    assert (values["lanes"], values["trace"], values["output"]) == ("2", "true", "logits")
    assert values["cycles per step"] == str(description["cycles_per_step"])
    assert (values["input multipliers"], values["stages per register"]) == ("1", "1")
    assert "registers" not in values
    latency = description["sequence_latency"]
    assert values["sequence latency"].startswith(f"{latency['constant']} + {latency['per_further_step']} (T - 1) ")
    ports = re.findall(r"^// (\w+) +(input|output) +(\d+)$", "\n".join(head), re.MULTILINE)
    assert [{"name": name, "direction": way, "width": int(width)} for name, way, width in ports] == description["ports"]
    assert all(f"{tool} {number}" in head[-1] for tool, number in description["versions"].items())
    assert not re.search(r"\d\d:\d\d|20\d\d-", "\n".join(head)), "a time stamp"


def _values(head: list[str]) -> dict[str, str]:
    """The lines ``name: value``, those that go on in the next line joined."""
    text = re.sub(r"\n// {20,}", " ", "\n".join(head))
    return dict(re.findall(r"^// ([a-z][^:]*): +(.*)$", text, re.MULTILINE))


def test_the_head_of_a_core_for_indices_with_many_registers(tmp_path: Path) -> None:
    registers = register_names(network := random_network(128, 128, input_kind="index", input_size=300))
    generate(network, CoreParameters(registers=registers), tmp_path, "no")
    head = (tmp_path / "no.v").read_text().split("\n\n")[0].splitlines()
    assert all(line.startswith("//") and len(line) <= 120 for line in head)
    values = _values(head)
    assert values["input"] == "an index, 9 bits"
    assert values["registers"] == ", ".join(registers)
    assert not {"input beat", "input multipliers", "stages per register"} & values.keys()
    assert any(line.endswith("error: one clock where an index was m or more.") for line in head)
    assert sum(line.endswith("beats: 1 a step; tlast: sequence") for line in head) == 1


def test_the_head_of_a_core_of_several_channels(tmp_path: Path) -> None:
    network = random_network(8, 8)
    description = generate(network, CoreParameters(channels=3, lanes=2, arrangement="commutator"), tmp_path, "no")
    head = (tmp_path / "no.v").read_text().split("\n\n")[0].splitlines()
    values = _values(head)
    assert values["cycles per step"] == f"{description['cycles_per_step']}, for a step of each channel"
    assert values["sequence latency"].endswith(", of a channel alone")
    assert "// Bit c of error is channel c's; tid is the channel of a beat." in head


@pytest.mark.parametrize(
    ("block_size", "built"), [(8, "commutator"), (32, "feedback (there is no room for commutators)")]
)
def test_the_head_says_whether_there_are_commutators(tmp_path: Path, block_size: int, built: str) -> None:
    parameters = CoreParameters(lanes=2, arrangement="commutator")
    description = generate(random_network(32, block_size), parameters, tmp_path, "no")
    head = (tmp_path / "no.v").read_text().split("\n\n")[0].splitlines()
    assert _values(head)["arrangement"] == built
    assert description["commutators"] == (built == "commutator")


def test_the_template_connects_every_port(tmp_path: Path, description: dict[str, Any]) -> None:
    text = (tmp_path / description["files"]["template"]).read_text()
    names = {port["name"] for port in description["ports"]}
    assert set(re.findall(r"^        \.(\w+)\(\1\),?$", text, re.MULTILINE)) == names


def fusesoc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("fusesoc", reason="FuseSoC is not installed: pip install 'hadamrnn[dev]'")
    main = "import sys; from fusesoc.main import main; sys.exit(main())"
    command = [sys.executable, "-c", main, "--cores-root", str(folder), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_fusesoc_reads_the_core(tmp_path: Path, description: dict[str, Any]) -> None:
    shown = fusesoc(tmp_path, "core", "show", "hadamrnn:generated:no")
    assert shown.returncode == 0, shown.stderr
    assert f"hadamrnn:generated:no:{description['versions']['hadamrnn']}" in shown.stdout
    assert {"default", "lint"} <= set(re.findall(r"^(\w+) +:", shown.stdout, re.MULTILINE))


def test_fusesoc_sets_up_the_lint_target(tmp_path: Path, description: dict[str, Any]) -> None:
    run = fusesoc(tmp_path, "run", "--setup", "--target", "lint", "hadamrnn:generated:no")
    assert run.returncode == 0, run.stderr
    (options,) = tmp_path.glob("build/*/lint/*.vc")
    lines = options.read_text().splitlines()
    assert {"-Wall", "--top-module no"} <= set(lines)
    assert any(line.endswith("no.v") for line in lines)


def test_fusesoc_refuses_a_core_without_its_verilog(tmp_path: Path, description: dict[str, Any]) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    shutil.copy(tmp_path / "no.core", broken)
    assert fusesoc(broken, "run", "--setup", "--target", "lint", "hadamrnn:generated:no").returncode != 0
