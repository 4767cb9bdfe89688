import numpy as np
import pytest

from hadamrnn.sim.beats import from_bytes, input_beats, to_bytes


@pytest.mark.parametrize("count", range(1, 9))
def test_bytes_and_back(count: int) -> None:
    limit = 1 << (8 * count - 1)
    signed = np.array([-limit, -limit + 1, -1, 0, 1, limit - 1])
    assert np.array_equal(from_bytes(to_bytes(signed, count), signed=True), signed)
    unsigned = np.array([0, 1, limit - 1, limit if count < 8 else 0, 2 * limit - 1 if count < 8 else 0])
    assert np.array_equal(from_bytes(to_bytes(unsigned, count), signed=False), unsigned)
    for value, row in zip(signed.tolist(), to_bytes(signed, count), strict=True):
        assert row.tobytes() == value.to_bytes(count, "little", signed=True)


def test_extension_is_checked_too() -> None:
    """A state of 12 bits in two bytes: wrong upper bits make another value."""
    assert from_bytes(np.array([[0xFF, 0x0F]], np.uint8), signed=True).tolist() == [0x0FFF]


def test_one_element_a_beat() -> None:
    beats = input_beats(np.array([[1, -2], [300, -300]]), element_bytes=2)
    assert beats.tolist() == [[1, 0], [0xFE, 0xFF], [0x2C, 0x01], [0xD4, 0xFE]]


def test_several_elements_a_beat_with_random_filling() -> None:
    inputs = np.arange(1, 11).reshape(2, 5)
    beats = input_beats(inputs, element_bytes=1, beat_elements=2, seed=1)
    assert beats.shape == (6, 2)
    assert beats[:2].tolist() == [[1, 2], [3, 4]]
    assert beats[2, 0] == 5
    assert beats[3:5].tolist() == [[6, 7], [8, 9]]
    other = input_beats(inputs, element_bytes=1, beat_elements=2, seed=2)
    assert not np.array_equal(beats[[2, 5], 1], other[[2, 5], 1])
    assert np.array_equal(beats[:, 0], other[:, 0])


def test_positions_are_one_beat_a_step() -> None:
    assert input_beats(np.array([3, 260]), element_bytes=2).tolist() == [[3, 0], [4, 1]]


def test_more_than_eight_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="data must have 1 to 8 bytes a value, not 9"):
        from_bytes(np.zeros((1, 9), np.uint8), signed=True)
