"""Keys that would have no effect: refused where somebody gives them, their defaults everywhere else."""

import dataclasses
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig, parse_config, read_config, recorded_config
from hadamrnn.quant.network_options import NetworkOptions
from hadamrnn.quant.run_folder import CONFIG, find_runs
from hadamrnn.quant.used_keys import NEEDS, unused_keys

ZOO = sorted((Path(__file__).parents[2] / "zoo").glob("*.toml"))
SEARCHED = '[task]\nname = "digits"\n[network]\nhidden_size = 16\n[training]\nsign_candidates = 32\n'
REFUSED = [
    ({}, "sign_schedule", "published", "[training] sign_schedule goes with signs = 'learned' only, not 'searched'"),
    ({}, "sign_learning_rate", 0.5, "[training] sign_learning_rate goes with signs = 'learned' only, not 'searched'"),
    (
        {"signs": "drawn"},
        "sign_fraction",
        0.5,
        "[training] sign_fraction goes with signs = 'learned' only, not 'drawn'",
    ),
    (
        {"signs": "learned"},
        "sign_candidates",
        8,
        "[training] sign_candidates goes with signs = 'searched' only, not 'learned'",
    ),
    ({}, "recurrent_rate", 0.5, "[training] recurrent_rate goes with kind = 'qornn' or 'ornn' only, not 'hadamard'"),
    (
        {"kind": "lstm"},
        "recurrent_fraction",
        0.5,
        "[training] recurrent_fraction goes with kind = 'qornn' or 'ornn' only, not 'lstm'",
    ),
    (
        {"kind": "qornn"},
        "sign_candidates",
        8,
        "[training] sign_candidates does not go with kind 'qornn', which has no use for it",
    ),
    (
        {"kind": "qornn"},
        "penalty_weight",
        0.5,
        "[network] penalty_weight goes with strategy = 'ste-pen' only, not 'ste-bjorck'",
    ),
    (
        {"kind": "qornn", "strategy": "ptq"},
        "rank",
        2,
        "[network] rank goes with strategy = 'ste-projunn' only, not 'ptq'",
    ),
    ({"kind": "qornn"}, "variant", "T", "[network] variant goes with strategy = 'ste-projunn' only, not 'ste-bjorck'"),
]


def experiment(**network: str) -> ExperimentConfig:
    return ExperimentConfig(task="digits", network=NetworkOptions(hidden_size=16, **network))  # type: ignore[arg-type]


@pytest.mark.parametrize(("network", "key", "value", "message"), REFUSED)
def test_a_key_without_effect_is_refused(network: dict[str, str], key: str, value: object, message: str) -> None:
    config = experiment(**network)
    with pytest.raises(InputError) as error:
        config.replace_settings(**{key: value})
    assert str(error.value) == message
    default = getattr(config.network if hasattr(config.network, key) else config.training, key)
    assert config.replace_settings(**{key: default}) == config
    lines = [line for line in config.to_toml().splitlines() if not line.startswith(f"{key} =")]
    table = message.partition("]")[0] + "]"
    given = f"{key} = {value!r}".replace("'", '"')
    text = "\n".join(line if line != table else f"{line}\n{given}" for line in lines)
    with pytest.raises(InputError) as error:
        parse_config(text)
    assert str(error.value) == message
    assert parse_config(text, recorded=True) == recorded_config(text) == config  # as if it had not been said


def test_published_signs_have_no_fraction() -> None:
    published = experiment(signs="learned").replace_settings(sign_schedule="published")
    with pytest.raises(
        InputError, match=r"^\[training\] sign_fraction goes with sign_schedule = 'settle' only, not 'pub"
    ):
        published.replace(sign_fraction=0.5)
    assert published.replace_settings(sign_schedule="settle", sign_fraction=0.5).training.sign_fraction == 0.5


def test_keys_that_have_an_effect_are_taken() -> None:
    assert experiment().replace_settings(sign_candidates=8).training.sign_candidates == 8
    learned = experiment().replace_settings(signs="learned", sign_fraction=0.5, sign_learning_rate=0.1)
    assert (learned.training.sign_fraction, learned.training.sign_learning_rate) == (0.5, 0.1)
    dense = experiment().replace_settings(kind="qornn", recurrent_rate=0.5, strategy="ste-pen", penalty_weight=0.25)
    assert (dense.training.recurrent_rate, dense.network.penalty_weight) == (0.5, 0.25)
    assert dense.replace_settings(strategy="ste-bjorck").network.penalty_weight == 1.0
    assert dense.replace_kind("ornn").training.recurrent_rate == 0.5


def test_another_choice_gives_what_has_no_effect_any_more_its_default() -> None:
    searched = parse_config(SEARCHED)
    assert searched.training.sign_candidates == 32
    for other in (searched.replace_settings(signs="drawn"), searched.replace_kind("lstm")):
        assert other.training.sign_candidates == TrainingOptions().sign_candidates
        assert parse_config(other.to_toml()) == other


def test_a_run_that_said_what_had_no_effect_is_read(tmp_path: Path) -> None:
    """As those of versions that refused nothing."""
    path = tmp_path / CONFIG
    path.write_text(SEARCHED.replace("= 16", '= 16\nsigns = "drawn"') + 'sign_schedule = "published"\n')
    with pytest.raises(
        InputError, match=r"config.toml: \[training\] sign_candidates goes with signs = 'searched' only"
    ):
        read_config(path)
    found = read_config(path, recorded=True)
    assert found.first_difference(parse_config(SEARCHED).replace_settings(signs="drawn")) is None
    assert [run.config for run in find_runs([tmp_path])] == [found]


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_configurations_of_the_zoo_say_nothing_without_effect(path: Path) -> None:
    assert read_config(path) == read_config(path, recorded=True)


def test_every_key_is_one_of_a_configuration() -> None:
    names = {field.name for options in (NetworkOptions, TrainingOptions) for field in dataclasses.fields(options)}
    assert set(NEEDS) <= names
    assert {other for needs in NEEDS.values() for other, _ in needs} <= names
    assert not unused_keys(NetworkOptions(hidden_size=4), TrainingOptions()).keys() - NEEDS.keys()
