"""The file of a dense network: what is written is read, and whatever is done to it is refused in one line."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save, save_file

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork, read_frozen, read_network, write_network

from .dense_networks import GRID, dense_network


def written(network: FrozenNetwork, folder: Path) -> bytes:
    write_network(network, folder / "net.safetensors")
    return (folder / "net.safetensors").read_bytes()


def metadata_of(data: bytes) -> dict[str, Any]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["hadamrnn"])


def refusal(path: Path) -> str:
    """The line with which reading ``path`` is refused, without the path."""
    with pytest.raises(InputError) as error:
        read_frozen(path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("options", GRID, ids=str)
def test_round_trip(options: dict[str, Any], tmp_path: Path) -> None:
    network = dense_network(**options, trained={"a": [1, 2.5, None]})
    data = written(network, tmp_path)
    again = read_frozen(tmp_path / "net.safetensors")
    assert isinstance(again, DenseNetwork)
    assert again == network
    assert written(again, tmp_path) == data


def test_contract_of_the_file(tmp_path: Path) -> None:
    data = written(dense_network(activation="modrelu"), tmp_path)
    assert {name: (t.dtype.name, t.shape) for name, t in load(data).items()} == {
        "recurrent_weight": ("int8", (8, 8)),
        "threshold": ("int32", (8,)),
        "input_weight": ("int8", (8, 2)),
        "bias": ("int32", (8,)),
        "output_weight": ("int8", (3, 8)),
        "output_bias": ("int64", (3,)),
    }
    metadata = metadata_of(data)
    assert (metadata["version"], metadata["family"], metadata["hidden_size"]) == (1, "dense", 8)
    assert (metadata["recurrent_bits"], metadata["recurrent_multiplier"], metadata["recurrent_shift"]) == (4, 21845, 18)
    assert metadata["activation"] == "modrelu"
    assert "threshold" not in load(written(dense_network(), tmp_path))


def test_a_reader_of_hadamard_networks_refuses_it(tmp_path: Path) -> None:
    written(dense_network(), tmp_path)
    path = tmp_path / "net.safetensors"
    line = f"{path}: family must be hadamard here, not 'dense'"
    with pytest.raises(InputError) as error:
        read_network(path)
    assert str(error.value) == line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "Dense"}, "family must be one of hadamard, dense, not 'Dense'"),
        ({"family": ["dense"]}, "family must be one of hadamard, dense, not ['dense']"),
        ({"family": "hadamard"}, "metadata lacks 'block_size'"),
        ({"block_size": 8}, "metadata has 'block_size', which family 'dense' of version 1 does not know"),
        ({"recurrent_shift": -1}, "recurrent_shift must be an integer from 0 to 62, not -1"),
        ({"recurrent_bits": 3}, "recurrent_weight must be from -4 to 3 (3 bits), not "),
        ({"activation": "modrelu"}, "tensor 'threshold' is missing"),
        ({"activation": ["relu"]}, "activation must be one of none, relu, modrelu, not ['relu']"),
        ({"hidden_size": 9}, "tensor 'recurrent_weight' must have shape (9, 9), not (8, 8)"),
        ({"trained": {"loss": float("nan")}}, "metadata 'hadamrnn' is not JSON (NaN is no JSON value)"),
    ],
)
def test_metadata_that_is_wrong(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    data = written(dense_network(), tmp_path)
    save_file(load(data), tmp_path / "bad", metadata={"hadamrnn": json.dumps(metadata_of(data) | change)})
    assert refusal(tmp_path / "bad").startswith(message)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"signs": np.ones(8, np.int8)}, "tensor 'signs' is not known, expected recurrent_weight, input_weight, bias,"),
        ({"threshold": np.ones(8, np.int32)}, "tensor 'threshold' is not known, expected recurrent_weight,"),
        ({"recurrent_weight": np.ones((8, 8), np.int16)}, "tensor 'recurrent_weight' must be int8, not I16"),
        (
            {"recurrent_weight": np.ones((8, 1), np.int8)},
            "tensor 'recurrent_weight' must have shape (8, 8), not (8, 1)",
        ),
    ],
)
def test_tensors_that_are_wrong(tmp_path: Path, tensors: dict[str, np.ndarray], message: str) -> None:
    data = written(dense_network(), tmp_path)
    save_file(load(data) | tensors, tmp_path / "bad", metadata={"hadamrnn": json.dumps(metadata_of(data))})
    assert refusal(tmp_path / "bad").startswith(message)


def test_random_bytes_changed(tmp_path: Path) -> None:
    """Whatever is changed, the reader refuses in one line, or what it reads is a network that can be written again."""
    random = np.random.default_rng(3)
    path, refused, taken = tmp_path / "fuzzed", 0, 0
    originals = [written(dense_network(**options), tmp_path) for options in GRID]
    for _ in range(750):
        data = bytearray(originals[random.integers(len(originals))])
        for _ in range(random.integers(1, 4)):
            position = random.integers(len(data) if random.random() < 0.5 else 700)
            data[position] = random.integers(256) if random.random() < 0.7 else ord(random.choice(list('0129"[]{},:-')))
        path.write_bytes(data)
        try:
            network = read_frozen(path)
        except InputError as error:
            refused += len(str(error).splitlines()) == 1
        else:
            assert read_again(network, tmp_path) == network
            taken += 1
    assert refused + taken == 750
    assert taken > 5


_VALUES = [None, True, False, 0, 1, -1, 7, 1 << 40, 10**400, 0.5, 1e308, "", "dense", "modrelu", [], [1], ["a"] * 3, {}]


def test_random_metadata_and_tensors(tmp_path: Path) -> None:
    """The same for files that are sound, with values, keys and tensors that are not."""
    random = np.random.default_rng(4)
    path, refused, taken = tmp_path / "fuzzed", 0, 0
    types = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.float32)
    for _ in range(400):
        data = written(dense_network(**GRID[random.integers(len(GRID))]), tmp_path)
        metadata, tensors = metadata_of(data), load(data)
        for _ in range(random.integers(1, 3)):
            key = random.choice(sorted(metadata))
            metadata[key] = _VALUES[random.integers(len(_VALUES))]
            if random.random() < 0.3:
                name = str(random.choice(sorted(tensors)))
                shape = tuple(random.integers(0, 9, random.integers(0, 3)))
                tensors[name] = random.integers(0, 100, shape).astype(types[random.integers(len(types))])
        path.write_bytes(save(tensors, metadata={"hadamrnn": json.dumps(metadata)}))
        try:
            network = read_frozen(path)
        except InputError as error:
            refused += len(str(error).splitlines()) == 1
        else:
            assert read_again(network, tmp_path) == network
            taken += 1
    assert refused + taken == 400
    assert taken > 5


def read_again(network: FrozenNetwork, folder: Path) -> FrozenNetwork:
    assert isinstance(network, DenseNetwork | IntegerNetwork)
    write_network(network, folder / "again.safetensors")
    return read_frozen(folder / "again.safetensors")
