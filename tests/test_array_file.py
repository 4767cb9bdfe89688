"""Files of arrays; what is refused is tested with their readers, tests/model and tests/sim."""

from pathlib import Path

import numpy as np
import pytest

from hadamrnn.array_file import load_arrays
from hadamrnn.errors import InputError


def test_one_array_and_several(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.arange(3))
    np.savez(tmp_path / "two.npz", x=np.arange(3), y=np.array([object()]))
    assert np.array_equal(load_arrays(tmp_path / "one.npy"), np.arange(3))
    found = load_arrays(tmp_path / "two.npz", only=("x",))
    assert isinstance(found, dict)
    assert list(found) == ["x", "y"]
    assert np.array_equal(found["x"], np.arange(3))
    assert found["y"] is None
    with pytest.raises(InputError) as error:
        load_arrays(tmp_path / "two.npz")
    assert str(error.value) == f"{tmp_path / 'two.npz'}: elements are Python objects, expected numbers"


def test_more_than_there_is_memory_for(tmp_path: Path) -> None:
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (10**13, 7, 2)})
    with pytest.raises(InputError, match=r"x\.npy: does not fit into memory \(Unable to allocate 509\. TiB"):
        load_arrays(tmp_path / "x.npy")
