"""What a training step costs: this package against the loop, step by step, of the published code.

python benchmarks/training.py [CASE ...] [--threads N] [--steps N] [--json]

Both train the same network with the same loss and the same optimiser. The loop does what the published code does: W is
built dense, d × d, once a training step, with a gradient through the signs; then one product with W, one with U and,
where every step is read out, one with V for each time step, and autograd goes back through all of it. Embedding vectors
are looked up for every step, in one call for all steps; one call a step, or slices of their array, would make the loop
ten times slower and more, since the gradient of each is an array of the size of the whole. The vector of a word is a
row, as in torch's nn.Embedding, for both. Both learn the same: u (where signs learn), U, b, V, c and the embedding; for
both Adam is torch's fused one, over the whole embedding. The loop quantises U and multiplies it with the vector of
every token; this package multiplies U with the vectors of the whole vocabulary and quantises the product, as the core
will read it (the check of gradients is without that quantiser, where both compute the same).

Before anything is timed, both must give the same loss and the same gradients. The two take turns in one process, and
the medians are compared. Peak memory is that of a process of its own for each, above what it takes with all imported
and the data in memory.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding, one_hot

from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.recurrence import recurrent_blocks
from hadamrnn.quant.quantisers import sign_quantiser, weight_quantiser

WEIGHT_BITS = 4
AGREEMENT = 1e-8  # of losses and gradients in double precision, relative to the largest entry
VARIANTS = ("ours", "loop")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Sizes of a published configuration; ``target``: how many times faster than the loop this package is to be."""

    hidden_size: int
    inputs: int
    outputs: int
    steps: int
    batch: int
    target: float
    tokens: bool = False
    embedding_size: int = 0
    readout: str = "last"
    readout_activation: str = "relu"
    block_size: int | None = None
    learn_signs: bool = True
    mean_length: int = 0

    def network(self, *, folded: bool = True) -> HadamardRNN:
        """The network, always the same. ``folded``: U times the embedding is quantised, and not in float."""
        network = HadamardRNN(
            input_size=self.inputs,
            hidden_size=self.hidden_size,
            output_size=self.outputs,
            sign_quantiser=sign_quantiser(),
            input_quantiser=weight_quantiser(WEIGHT_BITS) if folded or not self.embedding_size else None,
            output_quantiser=weight_quantiser(WEIGHT_BITS),
            input_kind="index" if self.tokens else "vector",
            embedding_size=self.embedding_size,
            readout=self.readout,
            readout_activation=self.readout_activation,
            block_size=self.block_size,
            learn_signs=self.learn_signs,
            generator=torch.Generator().manual_seed(0),
        )
        with torch.no_grad():  # as in training, where no state is exactly zero, at which relu has no derivative
            network.bias.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
            x, _, lengths = self.data()
            network.output_weight /= network(x, lengths).std()  # as in training, no logits that make exp underflow
        return network

    def data(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """x, y and lengths of a batch: random vectors, or tokens by Zipf's law."""
        generator = torch.Generator().manual_seed(2)
        size = (self.batch, self.steps)
        if self.tokens:
            frequency = 1 / torch.arange(1.0, self.inputs + 1)
            x = torch.multinomial(frequency, self.batch * self.steps, True, generator=generator).view(size)
        else:
            x = torch.rand(*size, self.inputs, generator=generator)
        y = torch.randint(0, self.outputs, size if self.readout == "every" else size[:1], generator=generator)
        lengths = None
        if self.mean_length:  # as reviews: most are short, some are cut off at the end
            lengths = torch.empty(self.batch).exponential_(1 / self.mean_length, generator=generator)
            lengths = (40 + lengths).long().clamp(1, self.steps)
            x = x * (torch.arange(self.steps) < lengths[:, None])
        return x, y, lengths


PMNIST = Case(hidden_size=512, inputs=1, outputs=10, steps=784, batch=100, target=25)
COPY_RELU = Case(hidden_size=128, inputs=10, outputs=9, steps=1000, batch=128, target=4, tokens=True, readout="every")
COPY = replace(COPY_RELU, readout_activation="none")  # as configs/copy-*.toml have it
IMDB = Case(hidden_size=128, inputs=10_001, outputs=2, steps=500, batch=100, target=8, tokens=True, embedding_size=512)
CASES = {
    "pMNIST": PMNIST,
    "pMNIST, fixed signs": replace(PMNIST, learn_signs=False),
    "copy": COPY,
    "copy, fixed signs": replace(COPY, learn_signs=False),
    "copy, relu": COPY_RELU,
    "copy, d = 512 in blocks of 16": replace(COPY, hidden_size=512, block_size=16, learn_signs=False),  # copy-d512-n16
    "IMDB, 500 words": IMDB,
    "IMDB, 230 words": replace(IMDB, mean_length=200),  # about the mean of the data set
    "IMDB, 230 words, fixed signs": replace(IMDB, mean_length=200, learn_signs=False),
    "IMDB, 500 words, as configured": replace(IMDB, block_size=16, learn_signs=False),  # blocks of imdb-d128-n16
    "IMDB, 230 words, as configured": replace(IMDB, block_size=16, learn_signs=False, mean_length=200),
}


def looped(network: HadamardRNN, x: Tensor, lengths: Tensor | None) -> Tensor:
    """The logits of ``network``, step by step. U and the embedding are two, as published, and U is quantised."""
    size, kind = network.hidden_size, network.input_weight.dtype
    matrix = torch.block_diag(*recurrent_blocks(network.signs, network.block_size, network.gain)).T
    weight = network.input_quantiser(network.input_weight).T
    output_weight = network.output_quantiser(network.output_weight).T
    if network.embedding is not None:
        x = embedding(x, network.embedding.T)
    elif network.input_kind == "index":
        x = one_hot(x, network.input_size).to(kind)

    def read(state: Tensor) -> Tensor:
        features = torch.relu(state) if network.readout_activation == "relu" else state
        return features @ output_weight + network.output_bias

    state, results = torch.zeros(len(x), size, dtype=kind), []
    inputs = x.unbind(1) if lengths is None else x.unbind(1)[: lengths.max()]
    for here in inputs:  # not x[:, step], whose gradient would be an array of the size of x for every step
        state = state @ matrix + (here @ weight + network.bias)
        results.append(read(state) if network.readout == "every" else state)
    if network.readout == "every":
        return torch.stack(results, 1)
    if lengths is not None:
        state = torch.stack([results[length - 1][row] for row, length in enumerate(lengths.tolist())])
    return read(state)


def loss_of(variant: str, network: HadamardRNN, data: tuple[Tensor, Tensor, Tensor | None]) -> Tensor:
    """Cross-entropy of a batch."""
    x, y, lengths = data
    output = network(x, lengths) if variant == "ours" else looped(network, x, lengths)
    if output.ndim == 3:  # classes apart, as model/objective.py has it
        output, y = output.permute(1, 2, 0), y.T
    return cross_entropy(output, y)


def check_agreement(case: Case) -> float:
    """The largest difference between the two, relative; an error where it is too large to be of rounding."""
    x, y, lengths = case.data()
    x = x.double() if x.is_floating_point() else x
    networks = [case.network(folded=False).double() for _ in VARIANTS]
    losses = [loss_of(variant, network, (x, y, lengths)) for variant, network in zip(VARIANTS, networks, strict=True)]
    for loss in losses:
        loss.backward()
    worst = abs(losses[0].item() / losses[1].item() - 1)
    for (name, one), other in zip(networks[0].named_parameters(), networks[1].parameters(), strict=True):
        if other.grad is None or one.grad is None:
            assert other.grad is one.grad, f"gradient of {name}"
            continue
        difference = (one.grad - other.grad).abs().max() / other.grad.abs().max()
        worst = max(worst, difference.item())
        assert difference < AGREEMENT, f"gradients of {name} differ by {difference:.1e} of the largest"
    assert worst < AGREEMENT, f"losses differ by {worst:.1e}"
    return worst


def training_step(variant: str, case: Case) -> Callable[[], None]:
    """A function that does one training step: forwards, backwards, optimiser."""
    network, data = case.network(), case.data()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        optimiser.zero_grad()
        loss_of(variant, network, data).backward()
        optimiser.step()
        network.constrain_()

    return step


def measure_time(case: Case, steps: int) -> dict[str, float]:
    """Median seconds of a training step of each variant; they take turns."""
    runs = {variant: training_step(variant, case) for variant in VARIANTS}
    seconds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for number in range(steps + 1):
        for variant, run in runs.items():
            start = time.perf_counter()
            run()
            if number:  # the first one is to warm up
                seconds[variant].append(time.perf_counter() - start)
    return {variant: statistics.median(times) for variant, times in seconds.items()}


def peak_memory(variant: str, name: str) -> float:
    """Megabytes (10⁶ bytes) that three training steps of this process take at most, above what it has now."""
    case = CASES[name]
    case.data()
    before = _peak()
    step = training_step(variant, case)
    for _ in range(3):
        step()
    return _peak() - before


def _peak() -> float:
    """Megabytes that this process took at most so far: VmHWM, since ru_maxrss is inherited from the parent process."""
    status = Path("/proc/self/status")
    if not status.exists():
        raise SystemExit("peak memory is read from /proc/self/status, which only Linux has")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def measure_memory(name: str, threads: int) -> dict[str, float]:
    """Peak memory of each variant, in a process of its own."""

    def measured(variant: str) -> float:
        command = [sys.executable, __file__, name, "--threads", str(threads), "--memory-of", variant]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    return {variant: measured(variant) for variant in VARIANTS}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of: {'; '.join(CASES)} (all)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of torch (%(default)s)")
    parser.add_argument("--steps", type=int, default=7, help="training steps of which the median counts (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--memory-of", choices=VARIANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.cases if name not in CASES]
    if unknown or arguments.steps < 1 or arguments.threads < 1:
        parser.error(f"no case {unknown[0]!r}" if unknown else "--steps and --threads must be positive")
    torch.set_num_threads(arguments.threads)
    if arguments.memory_of:
        print(peak_memory(arguments.memory_of, arguments.cases[0]))
        return
    if not arguments.json:
        print(
            f"{'':28} {'ours':>10} {'loop':>10} {'faster':>8} {'target':>7} {'ours':>9} {'loop':>9}  {'difference':>10}"
        )
    records = []
    for name in arguments.cases or CASES:
        case = CASES[name]
        difference = check_agreement(case)
        seconds, memory = measure_time(case, arguments.steps), measure_memory(name, arguments.threads)
        ratio = seconds["loop"] / seconds["ours"]
        records.append({"case": name, "seconds": seconds, "ratio": ratio, "target": case.target, "megabytes": memory})
        if not arguments.json:
            times = " ".join(f"{1000 * seconds[variant]:7.1f} ms" for variant in VARIANTS)
            peaks = " ".join(f"{memory[variant]:6.0f} MB" for variant in VARIANTS)
            print(f"{name:28} {times} {ratio:7.1f}x {case.target:6g}x {peaks}  {difference:10.0e}", flush=True)
    if arguments.json:
        print(json.dumps({"threads": arguments.threads, "steps": arguments.steps, "cases": records}, indent=2))


if __name__ == "__main__":
    main()
