"""Whole designs for real boards: the core behind a UART, pins, clock, bitstream."""
