"""Sequential and permuted MNIST: 28 × 28 pixels as sequences of 784."""

import numpy as np

from ...errors import InputError
from ..download import data_folder, read_gzip
from ..task import Split, Task

HOMES = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
SHA256 = {  # of the uncompressed files
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
STEPS = 28 * 28
TRAINING_SIZE = 50_000
PIXEL_MAXIMUM = 255
IDX_UNSIGNED_BYTE = 8


def load(permuted: bool = False) -> Task:
    """Row by row, pixel by pixel: T = 784, m = 1, 10 classes; pixels 0 … 255 become 0 … 1, one unit is 1/255.

    The first 50,000 training images are for training, the last 10,000 for validation; the test images for the test.
    With ``permuted``, all sequences are in the order ``numpy.random.RandomState(92916).permutation(784)``, as published
    for pMNIST. The four IDX files are read from ``mnist/`` in :func:`~hadamrnn.model.download.data_folder` and
    downloaded there if missing; their content is checked against SHA-256.

    Raises
    ------
    InputError
        If a file is damaged, or missing and not to be had.
    """
    images, y = read_idx("train-images-idx3-ubyte.gz"), read_idx("train-labels-idx1-ubyte.gz")
    test_images, test_y = read_idx("t10k-images-idx3-ubyte.gz"), read_idx("t10k-labels-idx1-ubyte.gz")
    order = np.random.RandomState(92916).permutation(STEPS) if permuted else slice(None)

    def split(images: np.ndarray, y: np.ndarray) -> Split:
        x = images.reshape(-1, STEPS, 1)[:, order].astype(np.float32) / np.float32(PIXEL_MAXIMUM)
        return Split(x=x, y=y.astype(np.int64))

    return Task(
        name="mnist",
        options={"permuted": permuted},
        train=split(images[:TRAINING_SIZE], y[:TRAINING_SIZE]),
        validation=split(images[TRAINING_SIZE:], y[TRAINING_SIZE:]),
        test=split(test_images, test_y),
        labels=tuple(str(digit) for digit in range(10)),
        input_scale=1 / PIXEL_MAXIMUM,
    )


def read_idx(name: str) -> np.ndarray:
    """One of the files of :data:`SHA256` as a uint8 array: images of shape ``(N, 28, 28)``, labels of shape ``(N,)``.

    IDX: two zero bytes, the type, the number of axes, each axis as a big-endian 32-bit integer, then the values.
    """
    content = read_gzip(data_folder() / "mnist", name, sha256=SHA256[name], homes=HOMES)
    if len(content) < 4 or content[:3] != bytes((0, 0, IDX_UNSIGNED_BYTE)):
        raise InputError(f"{name}: not an IDX file of bytes")
    axes = content[3]
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", axes, offset=4))
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
