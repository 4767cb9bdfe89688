"""Names of modules, and words that are none."""

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.verilog.module_name import RESERVED, check_module_name


def test_words_of_both_languages_are_reserved() -> None:
    assert {"module", "wire", "xor", "logic", "always_ff", "bit", "within"} <= RESERVED
    assert len(RESERVED) == 248  # as many as IEEE 1800-2017 has
    assert all(word == word.lower() for word in RESERVED)


@pytest.mark.parametrize("name", ["hadamard_core", "_", "Module", "module1", "x" * 200])
def test_names_that_can_be(name: str) -> None:
    check_module_name(name)


@pytest.mark.parametrize("name", ["module", "logic", "output"])
def test_reserved_words_are_refused(name: str) -> None:
    with pytest.raises(InputError) as error:
        check_module_name(name)
    assert str(error.value) == f"name must be no reserved word of Verilog or SystemVerilog, not '{name}'"
