"""Phase-locked loops of the boards' FPGAs: the dividers that make a clock of an oscillator, and the cell."""

from dataclasses import dataclass
from typing import Protocol

from amaranth.hdl import Const, Instance, Module, Signal
from amaranth.lib import io


@dataclass(frozen=True, kw_only=True)
class Dividers:
    """How the clock of an oscillator becomes another: oscillator · feedback / (reference · output), by way of a
    voltage-controlled oscillator at clock · output.
    """

    reference: int
    feedback: int
    output: int


class PhaseLockedLoop(Protocol):
    """What boards need of a loop."""

    @staticmethod
    def dividers(oscillator_hz: int, clock_hz: int) -> Dividers | None:
        """Dividers that make exactly ``clock_hz``; None where there are none."""

    @staticmethod
    def connect(
        m: Module, dividers: Dividers, oscillator_hz: int, pad: io.SingleEndedPort, clock: Signal, locked: Signal
    ) -> None:
        """Add the cell to ``m``, between the pad of the oscillator and the clock."""


class Ice40Loop:
    """SB_PLL40_PAD of an iCE40 with simple feedback.

    Source of the limits: Lattice FPGA-DS-02008 (iCE40 UltraPlus), table of sysCLOCK PLL timing.
    """

    @staticmethod
    def dividers(oscillator_hz: int, clock_hz: int) -> Dividers | None:
        for reference in range(1, 17):
            if not 10_000_000 <= oscillator_hz / reference <= 133_000_000 or not 16_000_000 <= clock_hz <= 275_000_000:
                continue
            for output in (2, 4, 8, 16, 32, 64):
                feedback, rest = divmod(clock_hz * reference * output, oscillator_hz)
                if not rest and 1 <= feedback <= 128 and 533_000_000 <= clock_hz * output <= 1_066_000_000:
                    return Dividers(reference=reference, feedback=feedback, output=output)
        return None

    @staticmethod
    def connect(
        m: Module, dividers: Dividers, oscillator_hz: int, pad: io.SingleEndedPort, clock: Signal, locked: Signal
    ) -> None:
        # The loop filter has six ranges of the frequency at the phase detector, which begin at these.
        ranges = (0, 17e6, 26e6, 44e6, 66e6, 101e6)
        m.submodules.loop = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_PLLOUT_SELECT="GENCLK",
            p_DIVR=dividers.reference - 1,
            p_DIVF=dividers.feedback - 1,
            p_DIVQ=dividers.output.bit_length() - 1,
            p_FILTER_RANGE=sum(oscillator_hz / dividers.reference >= begins for begins in ranges),
            io_PACKAGEPIN=pad.io,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )


class Ecp5Loop:
    """EHXPLLL of an ECP5, with feedback from its output CLKOP.

    Source of the limits: Lattice FPGA-DS-02012 (ECP5), table of sysCLOCK PLL timing.
    """

    @staticmethod
    def dividers(oscillator_hz: int, clock_hz: int) -> Dividers | None:
        if not 3_125_000 <= clock_hz <= 400_000_000:
            return None
        outputs = [output for output in range(1, 129) if 400_000_000 <= clock_hz * output <= 800_000_000]
        for reference in range(1, 129):
            feedback, rest = divmod(clock_hz * reference, oscillator_hz)
            if not rest and 1 <= feedback <= 80 and oscillator_hz / reference >= 10_000_000 and outputs:
                middle = min(outputs, key=lambda output: abs(clock_hz * output - 600_000_000))
                return Dividers(reference=reference, feedback=feedback, output=middle)
        return None

    @staticmethod
    def connect(
        m: Module, dividers: Dividers, oscillator_hz: int, pad: io.SingleEndedPort, clock: Signal, locked: Signal
    ) -> None:
        m.submodules.oscillator = buffer = io.Buffer("i", pad)
        m.submodules.loop = Instance(
            "EHXPLLL",
            # Charge pump and loop filter: what Lattice's own generator writes for every ratio.
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=dividers.reference,
            p_CLKFB_DIV=dividers.feedback,
            p_CLKOP_DIV=dividers.output,
            p_CLKOP_CPHASE=(dividers.output - 1) // 2,
            p_CLKOP_FPHASE=0,
            p_CLKOP_ENABLE="ENABLED",
            p_FEEDBK_PATH="CLKOP",
            i_CLKI=buffer.i,
            i_CLKFB=clock,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_ENCLKOP=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            o_CLKOP=clock,
            o_LOCK=locked,
        )
