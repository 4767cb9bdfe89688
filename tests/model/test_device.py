"""Devices by name: those that are there, and one line for the others."""

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.device import available_device


def test_the_processor_is_always_there() -> None:
    assert available_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cpu:0", "CUDA", "cuda:", "cuda:x", "cuda:-1", "mps", ""])
def test_refuses_other_names(name: str) -> None:
    with pytest.raises(InputError) as error:
        available_device(name)
    assert str(error.value) == f"device must be cpu, cuda or cuda:N, not {name!r}"


@pytest.mark.parametrize(
    ("count", "name", "found"),
    [(0, "cuda", "no CUDA device"), (1, "cuda:1", "1 CUDA device"), (2, "cuda:2", "2 CUDA devices")],
)
def test_refuses_what_is_not_there(count: int, name: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    with pytest.raises(InputError) as error:
        available_device(name)
    assert str(error.value) == f"device {name!r} is not there: torch finds {found}"


def test_finds_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    assert available_device("cuda:1") == torch.device("cuda", 1)
    assert available_device("cuda") == torch.device("cuda")
