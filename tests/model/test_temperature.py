"""Temperature scaling: the loss falls to its smallest, and no answer changes."""

from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.objective import evaluate
from hadamrnn.model.split import Split
from hadamrnn.model.task import Task
from hadamrnn.model.temperature import scale_logits
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.quantisers import sign_quantiser, weight_quantiser


def task(readout: str, *, regression: bool = False, lengths: bool = False) -> Task:
    random = np.random.default_rng(0)

    def split(count: int) -> Split:
        x = random.normal(size=(count, 6, 1)).astype(np.float32)
        steps = random.integers(1, 7, count) if lengths else None
        if steps is not None:
            x[np.arange(6) >= steps[:, None]] = 0
        y = (x.cumsum(1)[:, :, 0] + random.normal(size=(count, 6)) > 0).astype(np.int64)
        y = y if readout == "every" else y[:, -1]
        return Split(x=x, y=y[..., None].astype(np.float32) if regression else y, lengths=steps)

    kind = {"objective": "regression"} if regression else {"labels": ("below", "above")}
    return Task(name="sums", train=split(5), validation=split(200), test=split(5), readout=readout, **kind)


def network(task: Task, **changes: Any) -> HadamardRNN:
    return HadamardRNN(
        input_size=1,
        hidden_size=8,
        output_size=task.output_size,
        readout=task.readout,
        generator=torch.Generator().manual_seed(3),
        **changes,
    )


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("readout", ["last", "every"])
def test_no_other_factor_gives_less_loss(readout: str, lengths: bool) -> None:
    data = task(readout, lengths=lengths)
    scaled = network(data)
    before = evaluate(scaled, data.validation)
    factor = scale_logits(scaled, data)
    after = evaluate(scaled, data.validation)
    assert 1 / 8 < factor < 8
    assert factor != 1
    assert after.loss < before.loss
    assert after.accuracy == before.accuracy
    for other in (0.97, 1.03):
        with torch.no_grad():
            moved = network(data)
            moved.output_weight.mul_(factor * other)
            moved.output_bias.mul_(factor * other)
        assert evaluate(moved, data.validation).loss > after.loss


@pytest.mark.parametrize("readout", ["last", "every"])
def test_all_logits_are_multiplied_and_no_class_changes(readout: str) -> None:
    """Also where they begin at c, of which another multiple would move the border between the classes."""
    data = task(readout)
    scaled = network(data)
    with torch.no_grad():
        scaled.output_bias.copy_(torch.tensor([0.4, -0.3]))
    x = torch.from_numpy(data.validation.x)
    before = scaled(x).detach()
    factor = scale_logits(scaled, data)
    assert abs(factor - 1) > 0.1
    after = scaled(x).detach()
    torch.testing.assert_close(after, factor * before)
    assert torch.equal(after.argmax(-1), before.argmax(-1))
    assert len(before.argmax(-1).unique()) == 2


def test_integers_of_weights_drawn_at_random_stay() -> None:
    """All that changes is the real value of a unit of the logits."""
    data = task("last")
    quantisers = {"sign_quantiser": sign_quantiser(), "input_quantiser": weight_quantiser(4)}
    scaled = network(data, **quantisers, output_quantiser=weight_quantiser(4))
    with torch.no_grad():
        scaled.output_bias.copy_(torch.tensor([0.4, -0.3]))
    before, _ = freeze(scaled, data)
    factor = scale_logits(scaled, data)
    after, _ = freeze(scaled, data)
    assert after.logit_scale == pytest.approx(factor * before.logit_scale)
    assert abs(factor - 1) > 0.1
    assert after.output_bias.any()
    for name in before.arrays():
        assert np.array_equal(getattr(before, name), getattr(after, name)), name


def test_where_all_is_right_the_factor_is_the_largest() -> None:
    data = task("last")
    perfect = HadamardRNN(input_size=1, hidden_size=8, output_size=2, block_size=1, readout_activation="none")
    with torch.no_grad():  # V h = Σ x for the class above: W keeps the sum where all signs are +1 and the block is 1
        perfect.sign_latents.fill_(1)
        perfect.input_weight.fill_(1)
        perfect.output_weight.copy_(torch.tensor([[0.0], [1.0]]).expand(2, 8))
    labels = (data.validation.x.sum((1, 2)) > 0).astype(np.int64)
    clear = Task(
        name="clear",
        train=data.train,
        validation=Split(x=data.validation.x, y=labels),
        test=data.test,
        labels=("below", "above"),
    )
    assert scale_logits(perfect, clear) == pytest.approx(8, rel=0.02)


def test_a_regression_is_left_alone() -> None:
    data = task("last", regression=True)
    same = network(data)
    before = same.output_weight.detach().clone()
    assert scale_logits(same, data) == 1
    assert torch.equal(same.output_weight, before)
