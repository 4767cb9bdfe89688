"""The linear recurrence h_t = W h_{t−1} + U x_t + b, h_0 = 0, exactly and fast.

W = diag(s) (I_q ⊗ H_n) · gain is block-diagonal: a power of it is q blocks of n × n, and nothing here is ever d × d for
q > 1. The definition is :func:`step_loop`; :func:`last_state` and :func:`every_state` equal it to rounding, in values
and in gradients, and choose by sizes how they compute.
"""

from .choice import every_read_out, every_state, last_state
from .powers import PowerCache, recurrent_blocks
from .step_loop import step_loop

__all__ = ["PowerCache", "every_read_out", "every_state", "last_state", "recurrent_blocks", "step_loop"]
