"""What training computes with, and that it is put back."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hadamrnn.model.arithmetic import denormals_flushed, training_arithmetic
from hadamrnn.model.baselines import Baseline
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.task import Split, Task
from hadamrnn.model.training import Trainer


def test_denormals_are_zero_while_it_lasts() -> None:
    small = torch.tensor(1e-38)
    assert not denormals_flushed()
    with training_arithmetic(one_thread=True):
        assert denormals_flushed()
        assert float(small / 100) == 0.0
        assert torch.are_deterministic_algorithms_enabled()
    assert float(small / 100) > 0.0
    assert not torch.are_deterministic_algorithms_enabled()


def test_what_was_set_before_is_put_back_whatever_happens() -> None:
    torch.set_flush_denormal(True)
    torch.use_deterministic_algorithms(True)
    try:
        with pytest.raises(KeyError), training_arithmetic(one_thread=True):
            raise KeyError
        assert denormals_flushed()
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_flush_denormal(False)
        torch.use_deterministic_algorithms(False)


# Two threads, of a pool that exists or does not: how many of a large tensor's products are denormal, within and after.
THREADS = """
import sys, torch
from hadamrnn.model.arithmetic import training_arithmetic
torch.set_num_threads(2)
small = torch.full((1 << 20,), 1e-38)
def kept():
    return int((small * 1e-3).view(torch.int32).count_nonzero())
if sys.argv[1] == "pool":
    torch.ones(1 << 20).exp()
with training_arithmetic(one_thread=sys.argv[2] == "one"):
    print(torch.get_num_threads(), kept())
print(torch.get_num_threads(), kept())
"""


@pytest.mark.long
@pytest.mark.parametrize("pool", ["pool", "none"])
@pytest.mark.parametrize(("threads", "within"), [("one", "1 0"), ("all", f"2 {1 << 20}")])
def test_all_of_a_tensor_is_flushed_or_nothing_whatever_ran_before(pool: str, threads: str, within: str) -> None:
    command = [sys.executable, "-c", THREADS, pool, threads]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [within, f"2 {1 << 20}"]


def test_gated_networks_train_on_one_thread_without_denormals(tmp_path: Path) -> None:
    x = torch.rand(64, 30, 1, generator=torch.Generator().manual_seed(0)).numpy()
    split = Split(x=x, y=(x.mean((1, 2)) > 0.5).astype("int64"))
    task = Task(name="mean", labels=("low", "high"), train=split, validation=split, test=split)
    seen = set()
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for hidden in (8, 512):  # a small one, and one whose products would be worth two threads
            network = Baseline("lstm", input_size=1, hidden_size=hidden, output_size=2)
            options = TrainingOptions(epochs=1, batch_size=64)
            Trainer(  # type: ignore[arg-type]  # has what a HadamardRNN has
                network,
                task,
                options,
                tmp_path,
                report=lambda _: seen.add((torch.get_num_threads(), denormals_flushed())),
            ).run()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == {(1, True)}
    assert not denormals_flushed()
