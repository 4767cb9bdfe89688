"""A frozen network that cannot be used, through every command that reads one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from hadamrnn.quant.integer import write_network

from ..quant.dense_networks import dense_network

COMMANDS = {
    "generate": lambda path: ("generate", path, "-o", path.parent / "core"),
    "verify": lambda path: ("verify", path),
    "estimate": lambda path: ("estimate", path),
}


def rewrite(path: Path, metadata: dict[str, Any] | None = None, **tensors: np.ndarray) -> None:
    """Change metadata and tensors of a frozen network, as one that made the file without us would."""
    with safe_open(path, framework="numpy") as file:
        kept = json.loads(file.metadata()["hadamrnn"]) | (metadata or {})
        arrays = {name: file.get_tensor(name) for name in file.keys()} | tensors  # noqa: SIM118  # not a dictionary
    save_file(arrays, path, metadata={"hadamrnn": json.dumps(kept)})


@pytest.mark.parametrize("command", COMMANDS)
class TestEveryCommand:
    def refusal(self, refused: Callable[..., str], command: str, path: Path) -> str:
        line = refused(*COMMANDS[command](path))
        assert line.startswith(f"{path}: ")
        return line.removeprefix(f"{path}: ")

    def test_a_missing_file(self, refused: Callable[..., str], command: str, tmp_path: Path) -> None:
        assert self.refusal(refused, command, tmp_path / "no.safetensors").startswith("no such file")

    def test_a_folder(self, refused: Callable[..., str], command: str, tmp_path: Path) -> None:
        assert self.refusal(refused, command, tmp_path).startswith("a folder, expected a frozen network")

    @pytest.mark.parametrize("kept", [0, 4, 100, -1])
    def test_a_truncated_file(self, refused: Callable[..., str], command: str, network_file: Path, kept: int) -> None:
        network_file.write_bytes(network_file.read_bytes()[:kept])
        assert self.refusal(refused, command, network_file).startswith("not a complete safetensors file")

    def test_a_foreign_file(self, refused: Callable[..., str], command: str, tmp_path: Path) -> None:
        path = tmp_path / "foreign.safetensors"
        save_file({"weight": np.zeros((2, 2), np.float32)}, path)
        assert self.refusal(refused, command, path).startswith("no metadata 'hadamrnn'")

    def test_an_unknown_version(self, refused: Callable[..., str], command: str, network_file: Path) -> None:
        rewrite(network_file, {"version": 2})
        assert self.refusal(refused, command, network_file) == "version must be 1, not 2"

    def test_a_wrong_shape(self, refused: Callable[..., str], command: str, network_file: Path) -> None:
        rewrite(network_file, bias=np.zeros(9, np.int32))
        assert self.refusal(refused, command, network_file) == "tensor 'bias' must have shape (8,), not (9,)"

    def test_a_wrong_type(self, refused: Callable[..., str], command: str, network_file: Path) -> None:
        rewrite(network_file, bias=np.zeros(8, np.float32))
        assert self.refusal(refused, command, network_file) == "tensor 'bias' must be int32, not F32"

    def test_a_value_out_of_range(self, refused: Callable[..., str], command: str, network_file: Path) -> None:
        rewrite(network_file, input_weight=np.full((8, 1), 9, np.int8))
        assert self.refusal(refused, command, network_file) == "input_weight must be from -8 to 7 (4 bits), not 9"

    @pytest.mark.parametrize(
        ("block", "message"),
        [(3, "block_size must be a power of two, not 3"), (16, "block_size must divide the hidden size 8, not 16")],
    )
    def test_a_block_that_cannot_be(
        self, refused: Callable[..., str], command: str, network_file: Path, block: int, message: str
    ) -> None:
        rewrite(network_file, {"block_size": block})
        assert self.refusal(refused, command, network_file) == message


def test_a_dense_network(refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    write_network(dense_network(), path)
    assert refused("mutate", path, "--channels", "2") == "--channels must be 1 for a network of family dense, not 2"
    assert refused("estimate", path, "--dense").startswith("--dense goes with Hadamard RNNs")
    clock = refused("generate", path, "-o", tmp_path / "out", "--target", "ice40-up5k", "--clock", "20")
    assert clock == "--clock goes with family hadamard, not 'dense': its registers are where they are"
    for option, value in {"channels": "2", "stages-per-register": "2", "arrangement": "commutator"}.items():
        line = refused("generate", path, "-o", tmp_path / "out", f"--{option}", value)
        assert line.startswith(f"--{option} must be ")
        assert "for a network of family dense, not " in line
    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


def test_a_good_file_is_not_refused(run: Callable[..., Any], network_file: Path) -> None:
    rewrite(network_file)
    assert run("estimate", network_file).status == 0
