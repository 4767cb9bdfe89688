"""A finished run and a zoo of its own, beside the one of the package."""

import pytest

from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions
from hadamrnn.quant.experiment import Run, train

CONFIGURATION = ExperimentConfig(
    task="digits",
    network=NetworkOptions(hidden_size=16, block_size=4),
    training=TrainingOptions(epochs=5, seed=2),
)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Some seconds of training on the digits."""
    return train(CONFIGURATION, tmp_path_factory.mktemp("zoo") / "run")
