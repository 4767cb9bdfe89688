"""The options of training: what they say and what they refuse."""

import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.options import TrainingOptions


def test_rates_of_weights_decay_and_those_of_signs_fall_to_zero() -> None:
    options = TrainingOptions(epochs=10, learning_rate=0.1, decay=0.5, sign_learning_rate=0.01, sign_fraction=0.4)
    weights, signs = zip(*(options.rates(epoch) for epoch in range(10)), strict=True)
    assert weights == pytest.approx([0.1 * 0.5**epoch for epoch in range(10)])
    assert signs == pytest.approx([0.01, 0.0075, 0.005, 0.0025, 0, 0, 0, 0, 0, 0])


def test_signs_stay_where_their_fraction_is_zero() -> None:
    assert TrainingOptions(sign_fraction=0.0).rates(0)[1] == 0


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("epochs", 0, "an integer of at least 1"),
        ("epochs", 1.0, "an integer of at least 1"),
        ("epochs", True, "an integer of at least 1"),
        ("batch_size", -5, "an integer of at least 1"),
        ("patience", -1, "an integer of at least 0"),
        ("patience", 2.0, "an integer of at least 0"),
        ("seed", -1, "an integer from 0 to 18446744073709551615"),
        ("seed", 2**64, "an integer from 0 to 18446744073709551615"),
        ("learning_rate", 0, "a number above 0 and at most 1"),
        ("learning_rate", 2, "a number above 0 and at most 1"),
        ("learning_rate", float("nan"), "a number above 0 and at most 1"),
        ("learning_rate", "0.1", "a number above 0 and at most 1"),
        ("decay", 1.01, "a number above 0 and at most 1 or 'cosine'"),
        ("decay", "linear", "a number above 0 and at most 1 or 'cosine'"),
        ("weight_decay", -0.1, "a number at least 0"),
        ("sign_candidates", 0, "an integer of at least 1"),
        ("decay", True, "a number above 0 and at most 1 or 'cosine'"),
        ("sign_learning_rate", -0.1, "a number at least 0 and at most 1"),
        ("sign_fraction", 1.5, "a number at least 0 and at most 1"),
        ("gradient_clip", -1.0, "a number at least 0"),
        ("gradient_clip", float("inf"), "a number at least 0"),
    ],
)
def test_refuses_what_cannot_be(name: str, value: object, expected: str) -> None:
    with pytest.raises(InputError) as error:
        TrainingOptions(**{name: value})
    assert str(error.value) == f"{name} must be {expected}, not {value!r}"


def test_a_cosine_falls_from_the_whole_rate_to_none() -> None:
    options = TrainingOptions(epochs=10, learning_rate=0.1, decay="cosine")
    rates = [options.rates(epoch)[0] for epoch in (0, 2.5, 5, 7.5, 10)]
    assert rates == pytest.approx([0.1, 0.05 * (1 + 0.5**0.5), 0.05, 0.05 * (1 - 0.5**0.5), 0])
