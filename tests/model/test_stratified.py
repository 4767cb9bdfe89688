"""The order of samples: every stretch of it is fair."""

import numpy as np

from hadamrnn.model.stratified import stratified_order


def test_any_stretch_of_the_order_has_all_classes_in_proportion() -> None:
    y = np.repeat([0, 1, 2], [300, 100, 200])
    order = stratified_order(y)
    assert np.array_equal(np.sort(order), np.arange(600))
    for start in (0, 137, 480):
        counts = np.bincount(y[order[start : start + 120]], minlength=3)
        assert np.abs(counts - [60, 20, 40]).max() <= 1
