"""The command line called as a user calls it, and a small frozen network for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.cli.group import hadamrnn
from hadamrnn.quant.integer import IntegerNetwork, write_network


@dataclass(frozen=True)
class Outcome:
    """How a call ended: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Call the command line in this process, in which progress is not on a terminal."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as exit_:
            hadamrnn([str(argument) for argument in arguments], prog_name="hadamrnn")
        captured = capfd.readouterr()
        assert isinstance(exit_.value.code, int)
        return Outcome(exit_.value.code, captured.out, captured.err)

    return call


@pytest.fixture
def refused(run: Run, tmp_path: Path) -> Callable[..., str]:
    """Call the command line with bad input: checks status, the one line and that no file has come; returns the line."""

    def call(*arguments: object) -> str:
        before = sorted(path.name for path in tmp_path.rglob("*"))
        outcome = run(*arguments)
        assert outcome.status == 2, outcome
        assert outcome.out == ""
        lines = outcome.err.splitlines()
        errors = [line for line in lines if line.startswith("hadamrnn: error: ")]
        assert lines[-1:] == errors, outcome.err  # progress may come before the line, nothing after it
        assert "Traceback" not in outcome.err
        assert sorted(path.name for path in tmp_path.rglob("*")) == before
        return errors[0].removeprefix("hadamrnn: error: ")

    return call


def random_network(hidden_size: int = 8, block_size: int = 4, seed: int = 0) -> IntegerNetwork:
    """A small network with weights, biases and signs drawn from all there are."""
    random = np.random.default_rng(seed)
    return IntegerNetwork(
        signs=random.choice([-1, 1], hidden_size),
        input_weight=random.integers(-8, 8, (hidden_size, 1)),
        bias=random.integers(-100, 100, hidden_size),
        output_weight=random.integers(-8, 8, (3, hidden_size)),
        output_bias=random.integers(-1000, 1000, 3),
        block_size=block_size,
        state_bits=10,
        input_bits=4,
        labels=("left", "right", "none"),
    )


@pytest.fixture
def network() -> IntegerNetwork:
    """d = 8, n = 4."""
    return random_network()


@pytest.fixture
def network_file(network: IntegerNetwork, tmp_path: Path) -> Path:
    """The same in a file."""
    path = tmp_path / "net.safetensors"
    write_network(network, path)
    return path
