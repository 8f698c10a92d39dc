"""Numbers in text have one minus sign, and one way to say per cent."""

from ui.signed import percent, signed


def test_a_minus_sign_is_a_minus_sign_and_zero_has_none() -> None:
    assert signed(-1234.56, 1) == "−1,234.6"
    assert signed(-0.04, 1) == "0.0"
    assert signed(0.06, 1) == "0.1"


def test_per_cent_is_set_off_from_its_number() -> None:
    assert percent(0.123) == "12 %"
    assert percent(0.1234, 1) == "12.3 %"
