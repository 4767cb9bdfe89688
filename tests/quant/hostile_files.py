"""Files that no honest writer makes, and a program that feeds them to the reader under a limit of memory.

python tests/quant/hostile_files.py COUNT SEED FOLDER

Reads COUNT files, each a sound one changed in one way of :data:`CHANGES`. Every one must be refused in one line or be a
network, which is then written and read again. Prints the counts of each way as JSON; the first file that breaks the
rule stays in FOLDER, and the status is 1.
"""

import json
import resource
import struct
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from dense_networks import GRID, dense_network  # beside this file, which runs as a program

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import FrozenNetwork, read_frozen, write_network
from hadamrnn.sim.stimulus import random_network

MEMORY = 192 << 20  # bytes beyond what the imports take
LONGEST_LINE = 1000
Random = np.random.Generator

LENGTHS = (
    0,
    1,
    7,
    8,
    1 << 16,
    1 << 20,
    100_000_000,
    100_000_001,
    1 << 31,
    1 << 40,
    1 << 62,
    (1 << 63) - 1,
    (1 << 64) - 1,
)
NUMBERS = (-1, 0, 1, 2, 16, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 62, 1 << 63, 1 << 64, 10**30, 1.5, 1e308, -0.0)
ODD = (
    *NUMBERS,
    None,
    True,
    False,
    "",
    "I8",
    "\n",
    "\0",
    "ü\ud800",
    "x" * 5000,
    [],
    [[]],
    [1, 2],
    ["a"] * 3,
    {},
    {"a": 1},
)
WORDS = ("hadamard", "dense", "vector", "index", "last", "every", "relu", "none", "modrelu", "NaN", "sparse")
TYPES = (
    "BOOL",
    "U8",
    "I8",
    "I16",
    "I32",
    "I64",
    "U64",
    "F16",
    "BF16",
    "F32",
    "F64",
    "F8_E4M3",
    "F4",
    "C64",
    "int8",
    "",
)
RAW = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "9" * 5000,
    "0x1",
    "tru",
    '"\\ud800"',
    '"\\u0000"',
    "'a'",
    "01",
    "[1,]",
    "",
)


def sound_files() -> list[bytes]:
    """Files of both families and of every option."""
    networks: list[FrozenNetwork] = [dense_network(**options) for options in GRID]
    for seed in range(6):
        kind = "index" if seed % 3 == 2 else "vector"
        formats = {"input_kind": kind, "readout": ("last", "every")[seed % 2], "input_signed": kind == "vector"}
        networks.append(random_network(seed, hidden_size=16, block_size=1 << seed % 5, input_size=3, **formats))
    files, path = [], Path(sys.argv[3]) / "sound.safetensors"
    for network in networks:
        write_network(network, path)
        files.append(path.read_bytes())
    return files


def parts(data: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, our metadata in it, and what follows."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["hadamrnn"]), data[8 + length :]


def joined(header: str, tail: bytes) -> bytes:
    """A file of a header and what follows it."""
    text = header.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + tail


def pick(random: Random, values: Any) -> Any:
    """One of ``values``, as it is."""
    return values[int(random.integers(len(values)))]


def changed_bytes(random: Random, data: bytes) -> bytes:
    """Some bytes, half of the time in the header and by characters of JSON."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 5)):
        place = int(random.integers(len(data) if random.random() < 0.5 else min(900, len(data))))
        changed[place] = random.integers(256) if random.random() < 0.5 else ord(pick(random, '0129"[]{},:-\\eE.nu'))
    return bytes(changed)


def cut(random: Random, data: bytes) -> bytes:
    """Shorter or longer, or with a part left out or twice."""
    first, second = sorted(random.integers(0, len(data) + 1, 2).tolist())
    kinds = (
        data[:first],
        data + data[first:second],
        data[:first] + data[second:],
        data[:second] + data[first:],
        data[first:],
    )
    return pick(random, kinds)


def wrong_length(random: Random, data: bytes) -> bytes:
    """Another length of the header."""
    (length,) = struct.unpack("<Q", data[:8])
    return struct.pack("<Q", pick(random, (*LENGTHS, length - 1, length + 1, len(data), len(data) - 8))) + data[8:]


def wrong_header(random: Random, data: bytes) -> bytes:
    """Another type, shape or place of a tensor, other tensors, other metadata beside ours."""
    header, _, tail = parts(data)
    ours = header["__metadata__"]
    for _ in range(random.integers(1, 3)):
        name = pick(random, [name for name in header if name != "__metadata__"] or [""])
        entry = header.get(name)
        sound = isinstance(entry, dict) and all(isinstance(entry.get(key), list) for key in ("shape", "data_offsets"))
        if not sound or len(entry["data_offsets"]) != 2:  # changed already
            break
        way = int(random.integers(8))
        if way == 0:
            entry["dtype"] = pick(random, (*TYPES, *ODD))
        elif way == 1:
            entry["shape"] = pick(
                random, ([], [0], [-1], [1 << 62, 4], [1 << 32, 1 << 32], [1] * 500, entry["shape"][::-1], *ODD)
            )
        elif way == 2:
            offsets = list(entry["data_offsets"])
            offsets[int(random.integers(2))] = pick(random, (*NUMBERS, len(tail), len(tail) + 1))
            entry["data_offsets"] = pick(
                random, (offsets, offsets[::-1], [0, len(tail)], [len(tail), 0], offsets * 2, *ODD)
            )
        elif way == 3:
            header[pick(random, ("signs", "a\nb", "\0", "ü" * 3000, "__metadata__", ""))] = header.pop(name)
        elif way == 4:
            del header[name]
        elif way == 5:
            header[name] = pick(random, ODD)
        elif way == 6:
            entry[pick(random, ("dtype", "more", ""))] = pick(random, ODD)
        else:
            header["__metadata__"] = pick(
                random, ({"hadamrnn": pick(random, ODD)}, {"a": "b"}, ours | {"b": "c"}, *ODD)
            )
    text = json.dumps(header, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.2:  # a name twice
        name = pick(random, list(header))
        text = f"{text[:-1]}, {json.dumps(name)}: {json.dumps(pick(random, [*header.values(), *ODD]))}}}"
    return joined(text, tail)


def wrong_metadata(random: Random, data: bytes) -> bytes:
    """Other values, keys that are missing, too many or there twice, what is no JSON."""
    header, metadata, tail = parts(data)
    for _ in range(random.integers(1, 4)):
        name = pick(random, sorted(metadata) or [""])
        if random.random() < 0.1:
            metadata.pop(name, None)
        else:
            metadata[name if random.random() < 0.9 else "more"] = pick(
                random, (*ODD, *WORDS, int(random.integers(-40, 40)))
            )
    text = json.dumps(metadata)
    name = json.dumps(pick(random, sorted(metadata) or [""]))
    way = random.random()
    if way < 0.15:
        text = f"{text[:-1]}, {name}: {pick(random, RAW)}}}"
    elif way < 0.3:
        text = f"{text[:-1]}, {name}: {json.dumps(pick(random, ODD))}}}"
    elif way < 0.4:
        text = pick(random, (*RAW, text[:-1], f"[{text}]", text * 2, "null", "3", '"a"'))
    header["__metadata__"]["hadamrnn"] = text
    return joined(json.dumps(header), tail)


def deep(random: Random, data: bytes) -> bytes:
    """Nested ever deeper, or very many, in our metadata or in the header itself."""
    header, metadata, tail = parts(data)
    depth = int(random.integers(1, pick(random, (40, 3000))))
    if random.random() < 0.02:  # as large a header as is taken, and larger
        depth = int(random.integers(100_000, 400_000))
    nest = pick(
        random, ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth, f"[{'[],' * depth}1]")
    )
    text = json.dumps(metadata)
    name = json.dumps(pick(random, (*metadata, "trained", "trained", "labels")))
    if random.random() < 0.7:
        header["__metadata__"]["hadamrnn"] = (
            f"{text[:-1]}, {name}: {nest}}}" if random.random() < 0.5 else text.replace("{}", nest)
        )
        return joined(json.dumps(header), tail)
    return joined(f"{json.dumps(header)[:-1]}, {name}: {nest}}}", tail)


def wrong_values(random: Random, data: bytes) -> bytes:
    """Tensors of random bytes, or of one."""
    header, _, tail = parts(data)
    values = bytearray(tail)
    first, second = sorted(random.integers(0, len(tail) + 1, 2).tolist())
    values[first:second] = pick(
        random, (random.bytes(second - first), bytes([pick(random, (0, 1, 127, 128, 255))]) * (second - first))
    )
    return joined(json.dumps(header), bytes(values))


def garbage(random: Random, data: bytes) -> bytes:
    """Bytes of no kind, or a header of none."""
    noise = random.bytes(int(random.integers(0, 200)))
    return pick(
        random,
        (noise, struct.pack("<Q", len(noise)) + noise, joined("{}", noise), joined(pick(random, RAW), noise), b""),
    )


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    changed_bytes, cut, wrong_length, wrong_header, wrong_metadata, deep, wrong_values, garbage,
)  # fmt: skip


def judge(path: Path, again: Path) -> str:
    """``"refused"`` or ``"taken"``; an assertion or any other error for what must not be."""
    try:
        network = read_frozen(path)
    except InputError as error:
        line = str(error)
        assert len(line.splitlines()) == 1, f"not one line: {line!r}"
        assert line.isprintable(), f"not printable: {line!r}"
        assert line.startswith(f"{path}: "), line
        assert len(line) <= LONGEST_LINE, f"a line of {len(line)} characters: {line[:200]}"
        return "refused"
    write_network(network, again)
    assert read_frozen(again) == network, "what was read is not what is written"
    return "taken"


def main() -> int:
    """Read them."""
    count, seed, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    random = np.random.default_rng(seed)
    sound, counts = sound_files(), Counter[str]()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    path, again = folder / "hostile.safetensors", folder / "again.safetensors"
    for number in range(count):
        change = CHANGES[number % len(CHANGES)]
        path.write_bytes(change(random, pick(random, sound)))
        try:
            counts[f"{change.__name__} {judge(path, again)}"] += 1
        except BaseException:
            traceback.print_exc()
            print(f"{path}: file {number} of seed {seed}, by {change.__name__}", file=sys.stderr)
            return 1
    print(json.dumps(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
