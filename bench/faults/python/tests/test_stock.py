import pytest

from shop.stock import OutOfStock, Stock, split_payment, total


@pytest.fixture
def stock():
    stock = Stock()
    stock.add("pen", 10)
    stock.add("ink", 2)
    return stock


def test_add_adds_up(stock):
    stock.add("pen", 5)
    assert stock.available("pen") == 15


def test_add_refuses_nothing(stock):
    with pytest.raises(ValueError):
        stock.add("pen", 0)


def test_reserve(stock):
    stock.reserve("pen", 4)
    assert stock.available("pen") == 6


def test_reserve_everything(stock):
    stock.reserve("ink", 2)
    assert stock.available("ink") == 0


def test_reserve_too_much(stock):
    with pytest.raises(OutOfStock):
        stock.reserve("ink", 3)


def test_ship(stock):
    stock.reserve("pen", 4)
    stock.ship("pen", 3)
    assert stock.available("pen") == 6
    assert stock.reserved["pen"] == 1


def test_ship_unreserved(stock):
    with pytest.raises(OutOfStock):
        stock.ship("pen", 1)


def test_low(stock):
    assert stock.low(3) == ["ink"]


def test_low_is_below_the_limit(stock):
    assert stock.low(2) == []


def test_total():
    assert total([(250, 2), (100, 1)]) == 600


def test_total_discount():
    assert total([(1000, 1)], discount=15) == 850


def test_split():
    assert split_payment(100, 3) == [34, 33, 33]


def test_split_even():
    assert split_payment(90, 3) == [30, 30, 30]
