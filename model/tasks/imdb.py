"""The Large Movie Review Dataset (Maas et al. 2011): reviews that are positive or negative."""

import hashlib
import re
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...replacement import replacing
from ..download import cache_folder, data_folder, download
from ..shape import check_positive
from ..split import Split
from ..stratified import stratified_order
from ..task import Task

HOMES = ("https://ai.stanford.edu/~amaas/data/sentiment/",)
ARCHIVES = ("aclImdb_v1.tar.gz", "aclImdb_v1_labelled.tar.gz")  # as published, and the same without unlabelled reviews
SHA256 = (
    "f787cf01b9f7be07cb769182ea42d1a6cf313fb5e4b7db515d32093fd178fe06"  # of the labelled reviews, see content_digest
)
LABELS = {"neg": "negative", "pos": "positive"}
LARGEST_VOCABULARY = 1 << 24
UNKNOWN = 0

_REVIEW = re.compile(r"(?:\./)?aclImdb/((?:train|test)/(?:neg|pos)/\d+_\d+\.txt)")
_BREAK = re.compile(r"<br\s*/?>")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CACHE_VERSION = 1  # of the rules by which texts become tokens; to be raised with any of them


def load(words: int = 10_000, steps: int = 500) -> Task:
    """One word a step: T = ``steps``, tokens in [0, ``words`` + 1), 2 classes, one label a review.

    A review is made lower case, line breaks ``<br />`` become spaces, and a word is a run of letters and digits, with
    apostrophes inside it (``don't``). Tokens 1 to ``words`` are the words that are most frequent in the training part,
    the most frequent one first (of equals, by the alphabet); 0 is any other word. A sequence is the last ``steps``
    words of a review, followed by zeros where it has fewer, with its length; a review of no word is one unknown word.

    The 25,000 training reviews are for training. The test part is halved, 12,500 each: of a fixed order in which
    classes alternate (:func:`~hadamrnn.model.stratified.stratified_order`) the first half is for validation.

    The archive is read from ``imdb/`` in :func:`~hadamrnn.model.download.data_folder`: ``aclImdb_v1.tar.gz`` as
    published, or ``aclImdb_v1_labelled.tar.gz``, the same without unlabelled reviews; the former is downloaded there if
    neither is. Of either, the labelled reviews are used, checked against SHA-256 (:func:`content_digest`). Their tokens
    are kept in ``imdb/`` of :func:`~hadamrnn.model.download.cache_folder`, where that can be written: the first time
    takes some 20 s, the next ones a second.

    Raises
    ------
    InputError
        If the archive is damaged, or missing and not to be had, or an option is out of range.
    """
    reviews = tokenised(words, steps)
    train, held = reviews["train"], reviews["test"]
    order, half = stratified_order(held.y), len(held.y) // 2
    return Task(
        name="imdb",
        options={"words": words, "steps": steps},
        train=train.split(stratified_order(train.y), steps),
        validation=held.split(order[:half], steps),
        test=held.split(order[half:], steps),
        labels=tuple(LABELS.values()),
        input_kind="index",
        vocabulary=words + 1,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Reviews:
    """Reviews one after the other in ``tokens``; review i has ``lengths[i]`` of them and class ``y[i]``."""

    tokens: np.ndarray
    lengths: np.ndarray
    y: np.ndarray

    def split(self, order: np.ndarray, steps: int) -> Split:
        """The reviews at ``order``, padded to ``steps``."""
        x = np.zeros((len(self.y), steps), np.int32)
        x[np.arange(steps) < self.lengths[:, None]] = self.tokens
        return Split(x=x[order], y=self.y[order].astype(np.int64), lengths=self.lengths[order].astype(np.int64))


def tokenised(words: int, steps: int) -> dict[str, Reviews]:
    """The parts ``train`` and ``test``, from the cache or from the archive, which then go to the cache."""
    check_positive(words=words, steps=steps)
    if words >= LARGEST_VOCABULARY:
        raise InputError(f"words must be below {LARGEST_VOCABULARY}, not {words}")
    path = cache_folder() / "imdb" / f"{SHA256[:16]}-words{words}-steps{steps}-v{_CACHE_VERSION}.npz"
    found = _read_cache(path)
    if found is None:
        found = tokenise(read_archive(data_folder() / "imdb"), words, steps)
        _write_cache(path, found)
    return found


def tokenise(texts: dict[str, bytes], words: int, steps: int) -> dict[str, Reviews]:
    """The parts ``train`` and ``test`` of ``texts``, in the order of their names, ``train/pos/0_9.txt``."""
    found = vocabulary((words_of(text.decode()) for name, text in texts.items() if name.startswith("train/")), words)
    tokens = {word: token for token, word in enumerate(found, UNKNOWN + 1)}
    smallest, parts = np.min_scalar_type(words), {}
    for part in ("train", "test"):
        names = sorted(name for name in texts if name.startswith(f"{part}/"))
        reviews = []
        for name in names:  # words are told apart anew rather than kept: as objects they would take a gigabyte
            review = words_of(texts[name].decode())[-steps:]
            reviews.append(np.array([tokens.get(word, UNKNOWN) for word in review] or [UNKNOWN], smallest))
        parts[part] = Reviews(
            tokens=np.concatenate(reviews),
            lengths=np.array([len(review) for review in reviews], np.int32),
            y=np.array([list(LABELS).index(name.split("/")[1]) for name in names], np.int8),
        )
    return parts


def words_of(text: str) -> list[str]:
    """The words of a review, in their order.

    Examples
    --------
    >>> words_of("It's 'great'!<br /><br />10/10, isn't it?")
    ["it's", 'great', '10', '10', "isn't", 'it']
    """
    return _WORD.findall(_BREAK.sub(" ", text.lower()))


def vocabulary(texts: Iterable[Sequence[str]], words: int) -> list[str]:
    """The ``words`` most frequent words of ``texts``, the most frequent one first; of equals, by the alphabet."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    return sorted(counts, key=lambda word: (-counts[word], word))[:words]


def read_archive(folder: Path) -> dict[str, bytes]:
    """The labelled reviews of the archive in ``folder``, by their names from ``train`` or ``test`` on.

    Raises
    ------
    InputError
        If there is none and none to be had, or one of other content.
    """
    path = next((folder / name for name in ARCHIVES if (folder / name).exists()), folder / ARCHIVES[0])
    if not path.exists():
        download(path, homes=HOMES, check=_reviews)
    try:
        return _reviews(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}; remove it to download it again") from error


def content_digest(texts: dict[str, bytes]) -> str:
    """SHA-256 of name, size and bytes of every review, in the order of their names.

    It is that of the content, whatever the archive: compressed, ordered and dated as it may be.
    """
    digest = hashlib.sha256()
    for name, text in sorted(texts.items()):
        digest.update(f"{name}\n{len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()


def _reviews(path: Path) -> dict[str, bytes]:
    """The labelled reviews in an archive, checked; ``OSError`` or ``ValueError`` where it is not what it should be."""
    texts = {}
    try:
        with tarfile.open(path, "r|gz") as archive:  # as a stream: in one pass, and nothing is written anywhere
            for member in archive:
                name = _REVIEW.fullmatch(member.name)
                if name and member.isfile() and (file := archive.extractfile(member)):
                    texts[name[1]] = file.read()
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError(f"not a complete tar.gz archive ({error})") from error
    found = content_digest(texts)
    if found != SHA256:
        raise ValueError(f"SHA-256 of its {len(texts)} labelled reviews is {found}, expected {SHA256}")
    return texts


def _read_cache(path: Path) -> dict[str, Reviews] | None:
    """What :func:`_write_cache` wrote; nothing where there is none or a damaged one, which will be replaced."""
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            fields = ("tokens", "lengths", "y")
            return {part: Reviews(**{key: file[f"{part}_{key}"] for key in fields}) for part in ("train", "test")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _write_cache(path: Path, parts: dict[str, Reviews]) -> None:
    arrays = {f"{part}_{key}": array for part, reviews in parts.items() for key, array in vars(reviews).items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside, aside.open("wb") as file:
            np.savez(file, **arrays)
    except OSError:
        return  # a cache that cannot be written costs some seconds the next time, and nothing else
