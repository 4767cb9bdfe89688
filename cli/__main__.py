"""``python -m hadamrnn.cli``, the same as ``hadamrnn``."""

from . import main

main()
