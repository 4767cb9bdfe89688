"""A fixed order of labelled samples that can be cut anywhere."""

import numpy as np


def stratified_order(y: np.ndarray) -> np.ndarray:
    """An order of the samples, drawn once and for all, in which every stretch has the classes in their proportions.

    The samples of a class, shuffled, are spread evenly over the unit interval; the order is that of their positions.
    """
    shuffled = np.random.RandomState(0).permutation(len(y))
    position = np.empty(len(y))
    for label in np.unique(y):
        members = shuffled[y[shuffled] == label]
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(position[shuffled], kind="stable")]
