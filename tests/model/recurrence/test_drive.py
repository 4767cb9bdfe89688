"""What drives the recurrence, and how sequences of different lengths are lined up."""

import pytest
import torch
from torch.nn.functional import one_hot

from hadamrnn.model.recurrence.drive import Drive, aligned_to_end, as_vectors, driven, is_tokens, with_bias_input

from .problems import assert_same, problem


@pytest.mark.parametrize("tokens", [False, True])
def test_is_the_product_with_the_inputs(tokens: bool) -> None:
    ours, plain = (problem(6, 7, 4, tokens=tokens, x_learns=not tokens) for _ in range(2))
    x = one_hot(plain[3], 4).double() if tokens else plain[3]
    assert_same(driven(*ours[1:3], ours[3]), ours, x @ plain[1].T + plain[2], plain)


def test_tokens_are_integers_of_any_width() -> None:
    tokens = problem(6, 7, 4, tokens=True)[3]
    vectors = as_vectors(tokens.int(), 4, torch.float64)
    assert is_tokens(tokens)
    assert is_tokens(tokens.int())
    assert torch.equal(vectors, one_hot(tokens, 4).double())
    assert not is_tokens(vectors)
    assert as_vectors(vectors, 4, torch.float64) is vectors


def test_vectors_move_to_the_end() -> None:
    x = torch.arange(1.0, 13).reshape(2, 3, 2)
    moved, mask = aligned_to_end(x, torch.tensor([1, 3]))
    assert moved.tolist() == [[[0, 0], [0, 0], [1, 2]], [[7, 8], [9, 10], [11, 12]]]
    assert mask.tolist() == [[False, False, True], [True, True, True]]


def test_tokens_move_to_the_end() -> None:
    moved, mask = aligned_to_end(torch.tensor([[4, 5, 6], [7, 8, 9]]), torch.tensor([2, 1]))
    assert moved.tolist() == [[0, 4, 5], [0, 0, 7]]
    assert mask.tolist() == [[False, True, True], [False, False, True]]


def test_bias_as_an_input_is_there_where_the_mask_is() -> None:
    _, weight, bias, x = problem(6, 4, 2)
    mask = torch.tensor([[False, True, True, True]] * 3)
    wide, vectors = with_bias_input(weight, bias, x, mask)
    expected = x @ weight.T + bias * mask[..., None]
    torch.testing.assert_close(vectors @ wide.T, expected, rtol=0, atol=1e-14)


def test_runs_on(device: str) -> None:
    x, lengths = problem(6, 7, 4, tokens=True, device=device)[3], torch.tensor([1, 7, 3], device=device)
    moved, mask = aligned_to_end(x, lengths)
    assert moved.device.type == mask.device.type == device
    assert mask.sum(1).tolist() == [1, 7, 3]


@pytest.mark.parametrize(("inputs", "tokens"), [(2, False), (64, True), (65, True)])
def test_drive_of_arranged_inputs_is_the_product(inputs: int, tokens: bool) -> None:
    _, weight, bias, x = problem(6, 7, inputs, tokens=tokens)
    drive, mask = Drive(weight.detach(), bias.detach(), tokens=tokens), torch.rand(3, 7) < 0.5
    for steps in (None, mask):
        arranged = drive.read(drive.extended(x, steps).movedim(0, -1).contiguous())
        found = drive(arranged)
        expected = driven(weight, bias, x) * (1 if steps is None else steps[..., None])
        torch.testing.assert_close(found.permute(2, 0, 1), expected, rtol=0, atol=1e-14)
        assert found.is_contiguous()
