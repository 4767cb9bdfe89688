"""The native engine: a core that Verilator has translated and a bench in C++, one program without Python in it.

Takes the same phases and returns the same records as the cocotb bench of :mod:`~hadamrnn.sim.simulation`, many times as
fast: for whole data sets.
"""
