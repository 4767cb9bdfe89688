"""The 1,797 handwritten digits of 8 × 8 pixels that come with scikit-learn, as sequences of 64 pixels."""

import numpy as np

from ..stratified import stratified_order
from ..task import Split, Task

SIZES = (1257, 180, 360)  # 70 %, 10 %, 20 %
PIXEL_MAXIMUM = 16


def load() -> Task:
    """Row by row, pixel by pixel: T = 64, m = 1, 10 classes; pixels 0 … 16 become 0 … 1, one unit is 1/16.

    The split is fixed and stratified: 1,257 sequences to train on, 180 for validation, 360 for the test, each class in
    the same proportion to within one sequence. Source: UCI "Optical recognition of handwritten digits" (Alpaydin and
    Kaynak 1998), its test part, as :func:`sklearn.datasets.load_digits` ships it; no download.
    """
    from sklearn.datasets import load_digits  # a second to import, so not before it is needed

    pixels, digits = load_digits(return_X_y=True)
    x = (np.asarray(pixels).reshape(-1, 64, 1) / PIXEL_MAXIMUM).astype(np.float32)
    y = np.asarray(digits).astype(np.int64)
    parts = np.split(stratified_order(y), np.cumsum(SIZES)[:-1])
    train, validation, test = (Split(x=x[part], y=y[part]) for part in parts)
    return Task(
        name="digits",
        train=train,
        validation=validation,
        test=test,
        labels=tuple(str(digit) for digit in range(10)),
        input_scale=1 / PIXEL_MAXIMUM,
    )
