import pytest

from ledger import Money


@pytest.mark.parametrize(
    ("text", "cents"),
    [("12", 1200), ("12.5", 1250), ("12.05", 1205), ("-0.50", -50), (" 7 ", 700)],
)
def test_amounts_are_read_exactly(text, cents):
    assert Money.parse(text) == Money(cents)


@pytest.mark.parametrize("text", ["", "1,50", "1.234", "ten", "--1"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)


def test_amounts_are_written_with_two_digits():
    assert [str(Money(cents)) for cents in (0, 5, 1250, -50)] == ["0.00", "0.05", "12.50", "-0.50"]


def test_equal_shares():
    assert Money(900).split(3) == [Money(300)] * 3


def test_nobody_cannot_share():
    with pytest.raises(ValueError):
        Money(100).split(0)
