"""Ctrl-C: noted once, obeyed at once the second time."""

import os
import signal
import threading

import pytest

from hadamrnn.model.interruption import Interruption


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_noted_and_the_second_raises() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        assert not interruption.requested
        press()
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            press()
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    before, errors = signal.getsignal(signal.SIGINT), []

    def enter() -> None:
        try:
            with Interruption():
                assert signal.getsignal(signal.SIGINT) is before
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert errors == []
