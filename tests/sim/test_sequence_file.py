import re
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.sequence_file import read_sequences

from ..host.boards import small_network

NETWORK = small_network(input_bits=4)


def test_an_array_of_one_value_a_step(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(12).reshape(3, 4))
    inputs, lengths = read_sequences(NETWORK, tmp_path / "x.npy")
    assert inputs.tolist() == np.arange(12).reshape(3, 4, 1).tolist()
    assert lengths.tolist() == [4, 4, 4]


def test_an_archive_with_lengths_and_what_else_is_in_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.ones((2, 3, 1), dtype=np.uint8), lengths=np.array([1, 3]), y=np.zeros(2))
    inputs, lengths = read_sequences(NETWORK, tmp_path / "x.npz")
    assert (inputs.shape, inputs.dtype, lengths.tolist()) == ((2, 3, 1), np.int64, [1, 3])


def test_real_numbers_are_quantised(tmp_path: Path) -> None:
    network = small_network(input_bits=4, input_scale=0.5)
    np.save(tmp_path / "x.npy", np.array([[0.25, 0.75, 100.0]]))
    assert read_sequences(network, tmp_path / "x.npy")[0].tolist() == [[[0], [2], [15]]]


def test_indices(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[0, 2, 1]]))
    network = small_network(input_kind="index", input_size=3)
    assert read_sequences(network, tmp_path / "x.npy")[0].tolist() == [[0, 2, 1]]


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"x": np.full((1, 2, 1), 16)}, "inputs must be from 0 to 15, not 16"),
        ({"x": np.zeros((1, 2, 2), dtype=int)}, "inputs must have shape (N, T, 1), not (1, 2, 2)"),
        ({"x": np.zeros((0, 2, 1), dtype=int)}, "inputs must hold at least one step of one sequence"),
        ({"x": np.full((1, 2, 1), np.nan)}, "inputs must be finite numbers"),
        ({"x": np.array([["a"]])}, "inputs must be integers, not <U1"),
        ({"x": np.zeros((1, 2, 1), dtype=int), "lengths": np.array([3])}, "lengths must be from 1 to 2, not 3"),
        ({"y": np.zeros(1)}, "no array x, found: y"),
    ],
)
def test_what_is_not_for_the_network(arrays: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
        read_sequences(NETWORK, path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing, text, pickled = tmp_path / "none.npy", tmp_path / "text.npy", tmp_path / "pickled.npy"
    text.write_text("1, 2, 3\n")
    cut, empty = tmp_path / "cut.npz", tmp_path / "empty.npy"
    np.savez(cut, x=np.zeros((4, 4, 1), dtype=int))
    cut.write_bytes(cut.read_bytes()[:-60])
    empty.write_bytes(b"")
    np.save(pickled, np.array([{}]), allow_pickle=True)
    for path, message in (
        (missing, "cannot be read (No such file or directory)"),
        (text, "not an .npy or .npz file of numbers"),
        (pickled, "elements are Python objects, expected numbers"),
        (cut, "a damaged file of arrays"),
        (empty, "not an .npy or .npz file of numbers"),
    ):
        with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
            read_sequences(NETWORK, path)


def test_a_damaged_header_is_refused_or_harmless(tmp_path: Path) -> None:
    """Whatever NumPy raises, a SyntaxError and a TokenError among others."""
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((4, 4, 1), dtype=int))
    whole, messages = path.read_bytes(), []
    for place in range(128):
        path.write_bytes(whole[:place] + b"(" + whole[place + 1 :])
        try:
            read_sequences(NETWORK, path)
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > 40
    assert all(message.startswith(f"{path}: ") for message in messages)
