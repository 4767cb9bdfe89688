"""IMDB: words and tokens by hand, on small archives with their own checksum, and the real one where present."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.download import cache_folder, data_folder
from hadamrnn.model.tasks import imdb, load_task

TEXTS = {
    "train/neg/0_1.txt": "Bad, bad BAD film.<br /><br />Don't!",
    "train/neg/1_2.txt": "a bad film",
    "train/pos/0_9.txt": "A good 'film' — 10/10",
    "train/pos/1_8.txt": "film",
    "test/neg/0_1.txt": "bad a unseen",
    "test/neg/1_1.txt": "one two three four five a bad film",
    "test/pos/0_10.txt": "...",
    "test/pos/1_7.txt": "film film film film film",
}
ORDER = ("bad", "film", "10", "a", "don't", "good")  # 4, 4, 2, 2, 1, 1 times in the training part


def archive(texts: dict[str, str], *, prefix: str = "", more: dict[str, str] | None = None) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for name, text in {**(more or {}), **texts}.items():
            member = tarfile.TarInfo(f"{prefix}aclImdb/{name}")
            member.size = len(text.encode())
            file.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a small archive, an empty cache, and a home from which nothing comes."""
    digest = imdb.content_digest({name: text.encode() for name, text in TEXTS.items()})
    monkeypatch.setattr(imdb, "SHA256", digest)
    monkeypatch.setattr(imdb, "HOMES", ((tmp_path / "home").as_uri() + "/",))
    monkeypatch.setenv("HADAMRNN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "data" / "imdb"
    folder.mkdir(parents=True)
    (folder / "aclImdb_v1_labelled.tar.gz").write_bytes(archive(TEXTS))
    return folder


def reviews(split: Any) -> list[tuple[int, list[str]]]:
    """Class and words of every sequence, ``?`` for the unknown."""
    names = ("?", *ORDER)
    return sorted(
        (int(y), [names[token] for token in x[:length]])
        for x, y, length in zip(split.x, split.y, split.lengths, strict=True)
    )


@pytest.mark.usefixtures("folder")
def test_tokens_by_hand() -> None:
    task = load_task("imdb", words=6, steps=6)
    assert (task.steps, task.input_size, task.input_kind, task.readout) == (6, 7, "index", "last")
    assert task.labels == ("negative", "positive")
    assert reviews(task.train) == [
        (0, ["a", "bad", "film"]),
        (0, ["bad", "bad", "bad", "film", "don't"]),
        (1, ["a", "good", "film", "10", "10"]),
        (1, ["film"]),
    ]
    assert sorted(reviews(task.validation) + reviews(task.test)) == [
        (0, ["?", "?", "?", "a", "bad", "film"]),  # the last six words
        (0, ["bad", "a", "?"]),
        (1, ["?"]),  # of no word
        (1, ["film"] * 5),
    ]
    assert task.train.x.dtype == np.int32
    assert sorted(task.train.y[:2]) == sorted(task.train.y[2:]) == [0, 1]  # any stretch is balanced
    for split in (task.train, task.validation, task.test):
        assert not split.x[np.arange(6) >= split.lengths[:, None]].any()
        assert sorted(split.y) == [0] * (len(split) // 2) + [1] * (len(split) // 2)  # balanced


@pytest.mark.usefixtures("folder")
def test_words_that_are_not_among_the_most_frequent_are_unknown() -> None:
    task = load_task("imdb", words=2, steps=6)
    assert task.vocabulary == 3
    assert reviews(task.train)[0] == (0, ["?", "bad", "film"])
    assert task.train.x.max() == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's 'great'!<br /><br />10/10", ["it's", "great", "10", "10"]),
        ("one<br/>two<BR>three", ["one", "two", "three"]),
        ("rock'n'roll snake_case well-made", ["rock'n'roll", "snake", "case", "well", "made"]),
        ("Épée ÎLE", ["épée", "île"]),
        ("' '' <br /> --", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert imdb.words_of(text) == words


def test_equally_frequent_words_are_in_the_order_of_the_alphabet() -> None:
    assert imdb.vocabulary([["b", "a", "c"], ["c", "b"]], 9) == ["b", "c", "a"]


def test_published_archive_serves_as_well(folder: Path) -> None:
    expected = load_task("imdb", words=6, steps=6)
    (folder / "aclImdb_v1_labelled.tar.gz").unlink()
    more = {"train/unsup/0_0.txt": "film film", "README": "x", "train/urls_pos.txt": "http", "test/labeledBow.feat": ""}
    shuffled = dict(reversed(TEXTS.items()))
    (folder / "aclImdb_v1.tar.gz").write_bytes(archive(shuffled, prefix="./", more=more))
    clear(cache_folder())
    found = load_task("imdb", words=6, steps=6)
    for split in ("train", "validation", "test"):
        one, other = getattr(found, split), getattr(expected, split)
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.y, other.y)
        assert np.array_equal(one.lengths, other.lengths)


def clear(cache: Path) -> None:
    for path in (cache / "imdb").iterdir():
        path.unlink()


def test_tokens_are_kept_for_the_next_time(folder: Path) -> None:
    before = load_task("imdb", words=6, steps=6)
    (folder / "aclImdb_v1_labelled.tar.gz").unlink()
    after = load_task("imdb", words=6, steps=6)
    assert np.array_equal(after.train.x, before.train.x)
    assert len(list((cache_folder() / "imdb").iterdir())) == 1
    with pytest.raises(InputError, match="cannot download"):  # other options are other tokens
        load_task("imdb", words=5, steps=6)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda data: data[::-1]])
def test_damaged_tokens_are_made_again(damage: Callable[[bytes], bytes]) -> None:
    before = load_task("imdb", words=6, steps=6)
    (path,) = (cache_folder() / "imdb").iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert np.array_equal(load_task("imdb", words=6, steps=6).train.x, before.train.x)
    assert len(path.read_bytes()) == len(whole)


@pytest.mark.usefixtures("folder")
def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert len(load_task("imdb", words=6, steps=6).train) == 4


def test_a_missing_archive_is_downloaded(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (folder / "aclImdb_v1_labelled.tar.gz").rename(tmp_path / "home" / "aclImdb_v1.tar.gz")
    assert len(load_task("imdb", words=6, steps=6).train) == 4
    assert [path.name for path in folder.iterdir()] == ["aclImdb_v1.tar.gz"]


def test_a_download_of_something_else_is_not_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "aclImdb_v1_labelled.tar.gz").unlink()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "aclImdb_v1.tar.gz").write_bytes(archive({**TEXTS, "train/pos/1_8.txt": "films"}))
    with pytest.raises(InputError, match="SHA-256 of its 8 labelled reviews is"):
        load_task("imdb")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda _: archive({**TEXTS, "train/pos/1_8.txt": "Film"}), "SHA-256 of its 8 labelled reviews is"),
        (lambda _: archive({**TEXTS, "train/pos/2_8.txt": "film"}), "SHA-256 of its 9 labelled reviews is"),
        (lambda data: data[: len(data) // 2], ""),
        (lambda data: gzip.compress(gzip.decompress(data)[:1500]), ""),
        (lambda _: b"<html>", "not a complete tar.gz archive ("),
        (lambda _: b"", "not a complete tar.gz archive ("),
    ],
)
def test_damaged_archives_are_refused(folder: Path, damage: Callable[[bytes], bytes], reason: str) -> None:
    path = folder / "aclImdb_v1_labelled.tar.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError) as error:
        load_task("imdb")
    message = str(error.value)
    assert message.startswith(f"{path}: {reason}")
    assert message.endswith("; remove it to download it again")
    assert "\n" not in message


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": 0}, "words must be a positive integer, not 0"),
        ({"words": 1 << 24}, "words must be below 16777216, not 16777216"),
        ({"steps": -1}, "steps must be a positive integer, not -1"),
    ],
)
def test_refuses_what_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        load_task("imdb", **options)
    assert str(error.value) == message


@pytest.mark.skipif(
    not any((data_folder() / "imdb" / name).is_file() for name in imdb.ARCHIVES),
    reason="no archive of reviews in the data folder (set HADAMRNN_DATA)",
)
def test_the_real_reviews() -> None:
    task = load_task("imdb")
    parts = (task.train, task.validation, task.test)
    assert [len(split) for split in parts] == [25_000, 12_500, 12_500]
    assert (task.steps, task.vocabulary) == (500, 10_001)
    assert [int(split.y.sum()) for split in parts] == [12_500, 6_250, 6_250]
    assert [int(split.lengths.max()) for split in parts] == [500, 500, 500]
    assert (int(task.train.lengths.min()), int(task.train.x.max())) == (10, 10_000)
    assert abs(task.train.y[:1000].mean() - 0.5) < 0.01  # any stretch is balanced
    digest = hashlib.sha256(b"".join(split.x.tobytes() + split.y.tobytes() for split in parts)).hexdigest()
    assert digest == "a6f434448c868622dd2dcb606c3fe008f382708c5349a8fbcc7e2837a96f3121"
