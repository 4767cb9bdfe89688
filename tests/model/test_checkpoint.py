"""Checkpoints, and files that are whole or not there."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from hadamrnn.errors import InputError
from hadamrnn.model.checkpoint import load_weights, read_checkpoint, write_checkpoint
from hadamrnn.replacement import replacing

STATE = {"network": {"weight": torch.arange(5.0)}, "epoch": 3, "loss": 0.1, "best": None, "history": [{"epoch": 1}]}


def test_reads_what_was_written(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "last.pt", STATE)
    state = read_checkpoint(tmp_path / "last.pt")
    assert torch.equal(state["network"]["weight"], STATE["network"]["weight"])
    assert {name: state[name] for name in ("epoch", "loss", "best", "history")} == {
        name: STATE[name] for name in ("epoch", "loss", "best", "history")
    }
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    write_checkpoint(path, STATE)
    before = path.read_bytes()

    def interrupted() -> None:
        with replacing(path) as aside:
            aside.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["last.pt"]


class Payload:
    """What a pickle of a stranger may hold."""

    def __reduce__(self) -> tuple:
        return (Path.write_text, (Path("ran"), "x"))


def test_runs_no_code_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"version": 1, "payload": Payload()}, tmp_path / "foreign.pt")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        read_checkpoint(tmp_path / "foreign.pt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("keep", [0, 1, 100, -10])
def test_damaged_files_are_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "last.pt"
    write_checkpoint(path, STATE)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError) as error:
        read_checkpoint(path)
    assert str(error.value).startswith(f"{path}: not a readable checkpoint (")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"junk\n", b"\x80\x02junk", b"(((((", b"PK\x03\x04junk", bytes(range(256))])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_checkpoint(path)
    assert str(error.value) == f"{path}: not a readable checkpoint (damaged, or another kind of file)"


@pytest.mark.filterwarnings("error")
def test_pickles_of_others_warn_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(b"\x80\xda" + bytes(50))
    with pytest.raises(InputError, match="not a readable checkpoint"):
        read_checkpoint(path)


def test_what_the_system_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "last.pt").write_bytes(b"PK")

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(InputError, match=r"not a readable checkpoint \(Input/output error\)$"):
        read_checkpoint(tmp_path / "last.pt")


def test_missing_files_and_other_versions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such checkpoint"):
        read_checkpoint(tmp_path / "last.pt")
    with pytest.raises(InputError, match="a folder, expected a checkpoint"):
        read_checkpoint(tmp_path)
    torch.save({"version": 2}, tmp_path / "last.pt")
    with pytest.raises(InputError, match="checkpoint of version 2, expected 1"):
        read_checkpoint(tmp_path / "last.pt")
    torch.save(torch.zeros(3), tmp_path / "last.pt")
    with pytest.raises(InputError, match="checkpoint of version 'Tensor', expected 1"):
        read_checkpoint(tmp_path / "last.pt")


def test_weights_of_a_like_network() -> None:
    one, other = nn.Linear(3, 2), nn.Linear(3, 2)
    load_weights(one, other.state_dict())
    assert all(torch.equal(one.state_dict()[name], tensor) for name, tensor in other.state_dict().items())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (nn.Linear(4, 2), r"^weight of shape \(2, 4\), expected \(2, 3\)$"),
        (nn.Linear(3, 2, bias=False), "^it has no bias$"),
        (nn.Bilinear(3, 1, 2), r"^weight of shape \(2, 3, 1\), expected \(2, 3\)$"),
        (nn.ParameterDict({"weight": torch.ones(2, 3), "bias": torch.ones(2), "gain": torch.ones(1)}), "^gain is no "),
    ],
)
def test_weights_of_another_network(other: nn.Module, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        load_weights(nn.Linear(3, 2), other.state_dict())


@pytest.mark.parametrize("weights", [3, {"weight": 3, "bias": torch.ones(2)}])
def test_weights_of_another_kind(weights: Any) -> None:
    with pytest.raises(RuntimeError, match=r"^its weights are no tensors by name$"):
        load_weights(nn.Linear(3, 2), weights)
