"""Configurations: read, written, refused."""

from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions, parse_config, read_config

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))
MINIMAL = """
[task]
name = "digits"
[network]
hidden_size = 64
"""
FULL = """
[task]
name = "mnist"
permuted = true
[network]
hidden_size = 512
block_size = 16
weight_bits = "ternary"
signs = "learned"
readout_activation = "none"
[training]
epochs = 3
batch_size = 7
learning_rate = 1e-05
decay = 1.0
sign_learning_rate = 0.0
sign_fraction = 0.25
gradient_clip = 2.5
seed = 12
"""


def test_values_left_out_have_defaults() -> None:
    config = parse_config(MINIMAL)
    assert config == ExperimentConfig(task="digits", network=NetworkOptions(hidden_size=64, block_size=64))
    assert (config.network.weight_bits, config.network.signs, config.training.seed) == (4, "searched", 0)


def test_values_are_those_of_the_file() -> None:
    config = parse_config(FULL)
    assert (config.task, config.task_options) == ("mnist", {"permuted": True})
    assert (config.network.hidden_size, config.network.block_size, config.network.weight_bits) == (512, 16, "ternary")
    assert (config.training.learning_rate, config.training.sign_fraction, config.training.seed) == (1e-5, 0.25, 12)


@pytest.mark.parametrize("text", [MINIMAL, FULL])
def test_what_is_written_reads_back_equal(text: str) -> None:
    config = parse_config(text)
    written = config.to_toml()
    assert parse_config(written) == config
    assert parse_config(written).to_toml() == written
    assert "block_size" in written  # spelt out


def test_options_of_the_task_are_spelt_out() -> None:
    assert parse_config(FULL.replace("permuted = true\n", "")).task_options == {"permuted": False}


@pytest.mark.parametrize("kind", ["float", "lstm", "gru", "fastrnn", "fastgrnn", "ornn"])
def test_a_baseline_has_only_the_options_of_its_kind(kind: str) -> None:
    config = parse_config(FULL).replace_kind(kind)
    written = config.to_toml()
    assert parse_config(written) == config
    assert "weight_bits" not in written
    assert ("block_size" in written) == (kind == "float")
    assert config.network.hidden_size == 512
    assert config.task_options == {"permuted": True}
    with pytest.raises(InputError, match=rf"^\[network\] \w+ does not go with kind '{kind}', which has no use for it$"):
        parse_config(FULL.replace("[network]", f'[network]\nkind = "{kind}"'))


def test_any_setting_can_be_replaced() -> None:
    config = parse_config(FULL)
    changed = config.replace_settings(weight_bits=6, block_size=64, epochs=7)
    assert (changed.network.weight_bits, changed.network.block_size, changed.training.epochs) == (6, 64, 7)
    assert (changed.network.signs, changed.training.seed) == ("learned", 12)
    dense = config.replace_settings(kind="qornn", strategy="ste-projunn", rank=2)
    assert (dense.network.hidden_size, dense.network.strategy, dense.network.rank) == (512, "ste-projunn", 2)
    with pytest.raises(
        InputError, match=r"^\[network\] rank does not go with kind 'hadamard', which has no use for it$"
    ):
        config.replace_settings(rank=2)
    with pytest.raises(InputError, match=r"^unknown 'sed'; settings: kind, hidden_size, "):
        config.replace_settings(sed=2)


def test_a_document_too_deep_to_read_is_refused() -> None:
    with pytest.raises(InputError, match=r"^not a TOML document: "):
        parse_config("task = " + "[" * 100_000)


def test_one_block_stays_one() -> None:
    config = parse_config(MINIMAL)
    assert config.network.block_size == config.network.hidden_size == 64
    assert config.replace_settings(hidden_size=128).network.block_size == 128
    assert config.replace_settings(hidden_size=128, block_size=64).network.block_size == 64
    blocks = config.replace_settings(block_size=16)
    assert blocks.replace_settings(hidden_size=128).network.block_size == 16
    assert config.replace_settings(kind="float", hidden_size=32).network.block_size == 32
    assert config.replace_settings(kind="lstm", hidden_size=48).network.hidden_size == 48


def test_options_of_one_kind_have_their_defaults_in_another() -> None:
    lstm = parse_config(MINIMAL.replace("64", '48\nkind = "lstm"\ngate_bias = "chrono"'))
    assert lstm.replace_kind("gru").network.gate_bias == "chrono"
    with pytest.raises(InputError, match=r"^\[network\] gate_bias must be one of uniform, chrono, not 'one'$"):
        parse_config(lstm.to_toml().replace('"chrono"', '"one"'))
    dense = lstm.replace_kind("qornn")
    assert (dense.network.hidden_size, dense.network.readout_activation) == (48, "relu")
    assert dense.replace_kind("lstm").network.gate_bias == "uniform"
    with pytest.raises(InputError, match=r"^block_size must be a power of two, not 48$"):
        lstm.replace_kind("hadamard")


def test_an_lstm_may_have_any_number_of_units() -> None:
    assert parse_config(MINIMAL.replace("64", '100\nkind = "lstm"')).network.hidden_size == 100


def test_the_first_difference_is_named() -> None:
    config = parse_config(FULL)
    assert config.first_difference(parse_config(FULL)) is None
    assert config.first_difference(config.replace(seed=5)) == "[training] seed: 12, not 5"
    other = parse_config(FULL.replace("permuted = true", "").replace("= 512", "= 256"))
    assert config.first_difference(other) == "[task] permuted: true, not false"
    assert config.first_difference(config.replace_kind("lstm")) == '[network] kind: "hadamard", not "lstm"'
    assert config.first_difference(parse_config(MINIMAL)) == '[task] name: "mnist", not "digits"'


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configurations_of_the_project_are_valid(path: Path) -> None:
    assert parse_config(read_config(path).to_toml()) == read_config(path)


def test_there_are_configurations_of_the_project() -> None:
    assert {"digits", "smnist-d64"} <= {path.stem for path in CONFIGS}


def test_training_options_can_be_replaced() -> None:
    config = parse_config(FULL)
    assert config.replace(seed=5, epochs=9).training.seed == 5
    assert config.replace(seed=5).network == config.network
    with pytest.raises(InputError, match=r"^unknown 'sed'; training options: epochs, "):
        config.replace(sed=5)
    with pytest.raises(InputError, match=r"^epochs must be an integer of at least 1, not 0$"):
        config.replace(epochs=0)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "hidden_size",
            "hiden_size",
            "unknown 'hiden_size'; keys of [network]: kind, hidden_size, block_size, weight_bits, ",
        ),
        ("[training]", "[trainning]", "unknown 'trainning'; tables: task, network, training"),
        ("seed = 12", "sed = 12", "unknown 'sed'; keys of [training]: epochs, "),
        ("permuted", "premuted", "task 'mnist' has no option 'premuted'; it has: permuted"),
        ('"mnist"', '"minst"', "unknown task 'minst'; tasks: "),
        ('name = "mnist"', "", "[task] needs a name in quotes, not None"),
        ('name = "mnist"', "name = 5", "[task] needs a name in quotes, not 5"),
        ("hidden_size = 512", "", "[network] needs hidden_size"),
        ("= 512", "= 512.0", "[network] hidden_size must be a positive integer, not 512.0"),
        ("= 512", "= 500", "[network] block_size must divide hidden_size: 16 does not divide 500"),
        ("= 16", "= 24", "[network] block_size must be a power of two, not 24"),
        ("= 16", "= 1024", "[network] block_size must divide hidden_size: 1024 does not divide 512"),
        ('"ternary"', "1", "[network] weight_bits must be 2 to 8 or 'ternary', not 1"),
        ('"ternary"', '"binary"', "[network] weight_bits must be 2 to 8 or 'ternary', not 'binary'"),
        ('"ternary"', "true", "[network] weight_bits must be 2 to 8 or 'ternary', not True"),
        ('"learned"', '"fixed"', "[network] signs must be one of searched, learned, drawn, not 'fixed'"),
        ("= 512", '= 512\nkind = "rnn"', "[network] kind must be one of hadamard, qornn, float, lstm, gru, "),
        ("= 512", "= 512\nembedding_size = -1", "[network] embedding_size must be an integer of at least 0, not -1"),
        ('"none"', '"tanh"', "[network] readout_activation must be one of relu, none, not 'tanh'"),
        ("= 512", '= 512\nbias = "none"', "[network] bias must be one of centred, plain, not 'none'"),
        ("= 512", '= 512\nblank_input = "one"', "[network] blank_input must be one of zero, learned, not 'one'"),
        ("epochs = 3", "epochs = 0", "[training] epochs must be an integer of at least 1, not 0"),
        ("1e-05", '"fast"', "[training] learning_rate must be a number above 0 and at most 1, not 'fast'"),
        ("1e-05", "nan", "[training] learning_rate must be a number above 0 and at most 1, not nan"),
        ("[task]", "[task", "not a TOML document: "),
        ("[task]\n", "task = 4\n[other]\n", "unknown 'other'; tables: task, network, training"),
    ],
)
def test_refuses_what_cannot_be(before: str, after: str, message: str) -> None:
    assert FULL.count(before) == 1
    with pytest.raises(InputError) as error:
        parse_config(FULL.replace(before, after))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_table_must_be_a_table() -> None:
    with pytest.raises(InputError, match=r"^network must be a table \[network\], not 64$"):
        parse_config('network = 64\n[task]\nname = "digits"\n')


def test_messages_of_a_file_begin_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    with pytest.raises(InputError) as error:
        read_config(path)
    assert str(error.value) == f"{path}: cannot read this configuration (No such file or directory)"
    path.write_text(MINIMAL.replace("64", "48"))
    with pytest.raises(InputError) as error:
        read_config(path)
    assert str(error.value) == f"{path}: [network] block_size must be a power of two, not 48"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_config(path)
