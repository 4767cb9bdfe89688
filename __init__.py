"""Hardware co-design toolkit for Hadamard recurrent networks.

``model`` trains, ``quant`` freezes to integers, ``hw`` generates the datapath, ``sim`` proves that hardware and
software agree. Nothing is imported here, so that ``hw``, ``sim`` and ``quant.integer`` stay free of torch.
"""

__version__ = "0.1.0"
