"""The integer network at the speed of floating-point matrix products, and exactly.

Integers up to 2^24 are exact in float32 and up to 2^53 in float64, and so is every sum or product of them that is no
larger, in any order; a division by a power of two is exact, and torch rounds half to even. So the step of
docs/integer-network.md may run on torch's matrix products as long as nothing in it exceeds that, and then every state
equals the reference's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from .integer import DenseNetwork, FrozenNetwork, shift_round
from .recurrent_product import activation, product_magnitudes, recurrent_product

_SINGLE, _DOUBLE = 24, 53  # bits of the largest power of two up to which all integers are exact
_CHUNK = 1 << 17  # states of the sequences that run side by side: they stay in a cache


@dataclass(frozen=True, kw_only=True, eq=False)
class LoopResult:
    """What :class:`IntegerLoop` computes for N sequences; as sim's reference does, state by state.

    Attributes
    ----------
    logits : int64, shape ``(N, o)``, for read-out ``every`` ``(N, T, o)``, zero beyond a sequence's length
    last : integers as floats, shape ``(N, d)``, the state after each sequence's last step
    states : the same after every step, shape ``(N, T, d)``, repeated beyond a sequence's length; None unless asked for
    saturations : how many states were clipped; None unless counted
    """

    logits: Tensor
    last: Tensor
    states: Tensor | None
    saturations: int | None


class IntegerLoop:
    """Runs an integer network over batches of sequences.

    Parameters
    ----------
    network : IntegerNetwork or DenseNetwork
    device : where it runs

    Attributes
    ----------
    dtype : of states: float32 where the transform (or dense product), the input products and the sum of a step stay
        below 2^24, float64 where they stay below 2^53. The product with √½, for odd k, or with M is always in float64.

    Raises
    ------
    InputError
        For a network that needs more than 53 bits.
    """

    def __init__(self, network: FrozenNetwork, device: torch.device | str = "cpu") -> None:
        self.network, self.device = network, torch.device(device)
        step_bits, root_bits, logit_bits = _bits(network)
        self.dtype = self._exact_type(step_bits, "a step")
        dense = isinstance(network, DenseNetwork)
        self._exact_type(root_bits, "the product with M" if dense else "the division by √n")
        self._read_out_type = self._exact_type(logit_bits, "a logit")
        self._recurrent = recurrent_product(network, self.dtype, self.device)
        self._activation = activation(network, self.dtype, self.device)
        self._bias = self._tensor(network.bias)
        self._output = self._tensor(network.output_weight.T, self._read_out_type)
        self._output_bias = self._tensor(network.output_bias, self._read_out_type)
        self._limits = -(1 << (network.state_bits - 1)), (1 << (network.state_bits - 1)) - 1
        weight = network.input_weight.astype(np.int64)
        if network.input_kind == "index":
            self._weight = self._tensor((shift_round(weight, network.input_shift) + network.bias[:, None]).T)
        else:
            self._weight = self._tensor((weight << max(network.input_shift, 0)).T)

    @torch.no_grad()
    def run(
        self, inputs: Tensor, lengths: Tensor | None = None, *, keep_states: bool = False, count: bool = False
    ) -> LoopResult:
        """Run the network over integers, which must be in its input format.

        Parameters
        ----------
        inputs : integers of any type, shape ``(N, T, m)``; for ``input_kind`` ``index`` ``(N, T)``
        lengths : integers from 1 to T, shape ``(N,)``; all T where left out
        keep_states : whether to return every state
        count : whether to count saturations
        """
        network, (size, steps) = self.network, inputs.shape[:2]
        lengths = torch.full((size,), steps) if lengths is None else lengths.cpu().long()
        order = torch.argsort(lengths, descending=True, stable=True)  # those that end drop out at the end of a chunk
        every = network.readout == "every"
        shape = (size, steps, network.output_size) if every else (size, network.output_size)
        logits = torch.zeros(shape, dtype=torch.int64, device=self.device)
        last = torch.empty((size, network.hidden_size), dtype=self.dtype, device=self.device)
        states = last.new_empty((size, steps, network.hidden_size)) if keep_states else None
        saturations = 0
        for chunk in order.split(max(1, _CHUNK // network.hidden_size)):
            saturations += self._run_chunk(inputs, lengths[chunk], chunk, (logits, last, states), count)
        if not every:
            logits = self.read_out(last)
        return LoopResult(logits=logits, last=last, states=states, saturations=saturations if count else None)

    @torch.no_grad()
    def read_out(self, states: Tensor) -> Tensor:
        """Logits, int64, of states of shape ``(..., d)``."""
        states = states.to(self._read_out_type)
        if self.network.readout_activation == "relu":
            states = states.clamp_min(0)
        return (states @ self._output + self._output_bias).long()

    def _run_chunk(
        self,
        inputs: Tensor,
        lengths: Tensor,
        chunk: Tensor,
        results: tuple[Tensor, Tensor, Tensor | None],
        count: bool,
    ) -> int:
        """Sequences ``chunk``, longest first; fills their ``results`` and returns how many states were clipped."""
        logits, last, states = results
        steps, saturations = int(lengths[0]), 0
        chunk = chunk.to(self.device)
        x = inputs[chunk.to(inputs.device), :steps].to(self.device).transpose(0, 1).contiguous()
        running = torch.bincount(lengths, minlength=steps + 1).flip(0).cumsum(0).flip(0)[1:].tolist()
        state = torch.zeros((len(chunk), self.network.hidden_size), dtype=self.dtype, device=self.device)
        for t in range(steps):
            active = running[t]
            if active < len(state):
                ended = chunk[active : len(state)]
                last[ended] = state[active:]
                if states is not None:
                    states[ended, t:] = state[active:, None]
                state = state[:active]
            total = self._activation(self._recurrent(state).add_(self._drive(x[t, :active])))
            state = total.clamp(*self._limits)
            if count:
                saturations += int((state != total).sum())
            if states is not None:
                states[chunk[:active], t] = state
            if self.network.readout == "every":
                logits[chunk[:active], t] = self.read_out(state)
        last[chunk[: len(state)]] = state
        if states is not None:
            states[chunk[: len(state)], steps:] = state[:, None]
        return saturations

    def _drive(self, x: Tensor) -> Tensor:
        """B + shift(U x, f)."""
        if self.network.input_kind == "index":
            return self._weight[x]
        x = x.to(self.dtype)
        if self.network.input_shift >= 0:
            return torch.addmm(self._bias, x, self._weight)
        return (x @ self._weight).mul_(2.0**self.network.input_shift).round_().add_(self._bias)

    def _tensor(self, integers: np.ndarray, dtype: torch.dtype | None = None) -> Tensor:
        return torch.tensor(integers, device=self.device).to(dtype or self.dtype).contiguous()

    def _exact_type(self, bits: int, what: str) -> torch.dtype:
        if bits > _DOUBLE:
            raise InputError(f"{what} needs {bits} bits, expected at most {_DOUBLE} for an exact result in float64")
        # on other devices, and where torch may round the factors of products, float32 is not to be relied on
        reliable = self.device.type == "cpu" and torch.get_float32_matmul_precision() == "highest"
        return torch.float32 if bits <= _SINGLE and reliable else torch.float64


def _bits(network: FrozenNetwork) -> tuple[int, int, int]:
    """Bits of the largest magnitudes that a step, its division and the read-out can meet, partial sums too."""
    state = 1 << (network.state_bits - 1)
    transform, root = product_magnitudes(network)
    weight = np.abs(network.input_weight.astype(object))
    low, high = network.input_range
    rows = weight.max(axis=1) if network.input_kind == "index" else weight.sum(axis=1) * max(-low, high)
    products = int(rows.max()) << max(network.input_shift, 0)
    bias = int(np.abs(network.bias.astype(object)).max())
    output = np.abs(network.output_weight.astype(object)).sum(axis=1) * state
    logit = int((output + np.abs(network.output_bias.astype(object))).max())
    if isinstance(network, DenseNetwork) and network.threshold is not None:
        bias += int(np.abs(network.threshold.astype(object)).max())
    # M / 2^S may be above 1: then R is larger than the sum it comes from
    rotated = transform
    if isinstance(network, DenseNetwork):
        rotated = max(transform, (root >> network.recurrent_shift) + 1)
    step = rotated + products + bias
    return (step - 1).bit_length(), (root - 1).bit_length(), (logit - 1).bit_length()
