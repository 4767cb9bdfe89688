"""What a core costs, in a millisecond, before any tool has seen it."""

from .figures import Estimate, estimate
from .shapes import worst_case_network

__all__ = ["Estimate", "estimate", "worst_case_network"]
