"""The file of a frozen network: what is written is read, and everything else is refused in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import IntegerNetwork, read_network, write_network


def network(**changes: Any) -> IntegerNetwork:
    """A small network with the largest and smallest values of its formats."""
    random = np.random.default_rng(2)
    arguments: dict[str, Any] = {
        "signs": random.choice([-1, 1], 16),
        "input_weight": np.resize([-8, 7, 0, 1, -1], (16, 3)),
        "bias": np.resize([-2048, 2047, 0], 16),
        "output_weight": np.resize([7, -8, 3], (5, 16)),
        "output_bias": np.array([-(1 << 40), 1 << 40, 0, 1, -1]),
        "block_size": 8,
        "state_bits": 12,
        "input_shift": -3,
        "input_signed": True,
        "input_scale": 1 / 3,
        "state_scale": 1e-9,
        "labels": tuple("αbcde"),
        "trained": {"task": "digits", "seed": 3, "nested": [1, None, {"x": 0.1}]},
    }
    return IntegerNetwork(**(arguments | changes))


def parts(network: IntegerNetwork, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and metadata of the file of ``network``."""
    from safetensors import safe_open

    write_network(network, folder / "parts.safetensors")
    with safe_open(folder / "parts.safetensors", framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["hadamrnn"])  # noqa: SIM118


def refusal(path: Path) -> str:
    """The line with which reading ``path`` is refused, without the path."""
    with pytest.raises(InputError) as error:
        read_network(path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("changes", [{}, {"labels": None}, {"input_kind": "index", "input_signed": False}])
def test_round_trip(tmp_path: Path, changes: dict[str, Any]) -> None:
    original = network(**changes)
    write_network(original, tmp_path / "net.safetensors")
    assert read_network(tmp_path / "net.safetensors") == original
    write_network(read_network(tmp_path / "net.safetensors"), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "net.safetensors").read_bytes()


def test_contract_of_the_file(tmp_path: Path) -> None:
    tensors, metadata = parts(network(), tmp_path)
    assert {name: (t.dtype.name, t.shape) for name, t in tensors.items()} == {
        "signs": ("int8", (16,)),
        "input_weight": ("int8", (16, 3)),
        "bias": ("int32", (16,)),
        "output_weight": ("int8", (5, 16)),
        "output_bias": ("int64", (5,)),
    }
    assert metadata["version"] == 1
    assert metadata["family"] == "hadamard"
    assert (metadata["hidden_size"], metadata["input_size"], metadata["output_size"]) == (16, 3, 5)


def test_truncated_file(tmp_path: Path) -> None:
    write_network(network(), tmp_path / "net.safetensors")
    whole = (tmp_path / "net.safetensors").read_bytes()
    for length in (0, 4, 8, 100, len(whole) - 1):
        (tmp_path / "cut.safetensors").write_bytes(whole[:length])
        assert refusal(tmp_path / "cut.safetensors").startswith("not a complete safetensors file")


def test_foreign_files(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing.safetensors") == "no such file, expected a frozen network (*.safetensors)"
    assert refusal(tmp_path) == "a folder, expected a frozen network (*.safetensors)"
    (tmp_path / "text").write_text("hello, this is not a network at all\n" * 10)
    assert refusal(tmp_path / "text").startswith("not a complete safetensors file")
    save_file({"weight": np.zeros(3)}, tmp_path / "other.safetensors")
    expected = "no metadata 'hadamrnn', expected the file of a frozen network"
    assert refusal(tmp_path / "other.safetensors") == expected


def test_header_that_promises_too_much(tmp_path: Path) -> None:
    (tmp_path / "huge.safetensors").write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    assert refusal(tmp_path / "huge.safetensors").startswith("not a complete safetensors file")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version must be 1, not 2"),
        ({"version": True}, "version must be 1, not True"),
        ({"version": None}, "version must be 1, not None"),
        ({"family": "sparse"}, "family must be one of hadamard, dense, not 'sparse'"),
        ({"colour": 1}, "metadata has 'colour', which family 'hadamard' of version 1 does not know"),
        ({"hidden_size": 17}, "tensor 'signs' must have shape (17,), not (16,)"),
        ({"hidden_size": "16"}, "hidden_size must be a positive integer, not '16'"),
        ({"output_size": -1}, "output_size must be a positive integer, not -1"),
        ({"block_size": 12}, "block_size must be a power of two, not 12"),
        ({"block_size": 32}, "block_size must divide the hidden size 16, not 32"),
        ({"state_bits": 64}, "state_bits must be an integer from 2 to 32, not 64"),
        ({"weight_bits": 3}, "input_weight must be from -4 to 3 (3 bits), not -8"),
        ({"labels": "abcde"}, "labels must be a list of strings or null, not 'abcde'"),
        ({"state_scale": "big"}, "state_scale must be a positive finite number, not 'big'"),
        ({"trained": None}, "trained must be a JSON object, not None"),
    ],
)
def test_metadata_that_is_wrong(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    tensors, metadata = parts(network(), tmp_path)
    save_file(tensors, tmp_path / "bad.safetensors", metadata={"hadamrnn": json.dumps(metadata | change)})
    assert refusal(tmp_path / "bad.safetensors") == message


@pytest.mark.parametrize("key", ["state_bits", "labels", "trained", "hidden_size"])
def test_metadata_that_is_missing(tmp_path: Path, key: str) -> None:
    tensors, metadata = parts(network(), tmp_path)
    del metadata[key]
    save_file(tensors, tmp_path / "bad.safetensors", metadata={"hadamrnn": json.dumps(metadata)})
    assert refusal(tmp_path / "bad.safetensors") == f"metadata lacks {key!r}"


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "[" * 100_000])
def test_metadata_that_is_no_object(tmp_path: Path, text: str) -> None:
    tensors, _ = parts(network(), tmp_path)
    save_file(tensors, tmp_path / "bad.safetensors", metadata={"hadamrnn": text})
    assert refusal(tmp_path / "bad.safetensors").startswith("metadata 'hadamrnn' ")


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("signs", None, "tensor 'signs' is missing"),
        (
            "extra",
            np.zeros(3, np.int8),
            "tensor 'extra' is not known, expected signs, input_weight, bias, output_weight, ",
        ),
        ("signs", np.ones(16, np.int16), "tensor 'signs' must be int8, not I16"),
        ("bias", np.ones(16, np.float32), "tensor 'bias' must be int32, not F32"),
        ("bias", np.ones((16, 1), np.int32), "tensor 'bias' must have shape (16,), not (16, 1)"),
        ("output_weight", np.ones((16, 5), np.int8), "tensor 'output_weight' must have shape (5, 16), not (16, 5)"),
        ("signs", np.zeros(16, np.int8), "signs must be -1 or +1, not 0"),
        ("input_weight", np.full((16, 3), 8, np.int8), "input_weight must be from -8 to 7 (4 bits), not 8"),
        ("bias", np.full(16, -2049, np.int32), "bias must be from -2048 to 2047 (12 bits), not -2049"),
    ],
)
def test_tensors_that_are_wrong(tmp_path: Path, name: str, tensor: np.ndarray | None, message: str) -> None:
    tensors, metadata = parts(network(), tmp_path)
    tensors |= {name: tensor} if tensor is not None else {}
    if tensor is None:
        del tensors[name]
    save_file(tensors, tmp_path / "bad.safetensors", metadata={"hadamrnn": json.dumps(metadata)})
    assert refusal(tmp_path / "bad.safetensors").startswith(message)


def test_nothing_half_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="trained must be plain JSON"):
        write_network(network(trained={"scale": float("nan")}), tmp_path / "net.safetensors")
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}
    with pytest.raises(InputError, match=r"^trained must be plain JSON: nested deeper than 32 levels$"):
        write_network(network(trained=deep), tmp_path / "net.safetensors")
    with pytest.raises(InputError, match=r"^trained and labels must fit a header of 1048576 bytes, not 1\d{6}$"):
        write_network(network(trained={"notes": "x" * (1 << 20)}), tmp_path / "net.safetensors")
    with pytest.raises(InputError, match=r"cannot write .*: No such file or directory"):
        write_network(network(), tmp_path / "missing" / "net.safetensors")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_network(network(), tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
