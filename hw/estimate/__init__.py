"""What a core costs, in a millisecond, before any tool has seen it."""

from .equal_rate import equal_rate
from .figures import Estimate, estimate
from .shapes import dense_alternative, worst_case_dense, worst_case_network

__all__ = ["Estimate", "dense_alternative", "equal_rate", "estimate", "worst_case_dense", "worst_case_network"]
