from shop.routes import bisect, reachable, shortest

ROADS = {"a": {"b": 4, "c": 1}, "c": {"b": 2, "d": 9}, "b": {"d": 3}, "x": {"y": 1}}


def test_reachable():
    assert reachable(ROADS, "a") == {"a", "b", "c", "d"}


def test_reachable_dead_end():
    assert reachable(ROADS, "y") == {"y"}


def test_shortest_takes_the_detour():
    assert shortest(ROADS, "a", "b") == 3


def test_shortest_of_many():
    assert shortest(ROADS, "a", "d") == 6


def test_shortest_to_itself():
    assert shortest(ROADS, "a", "a") == 0


def test_shortest_unreachable():
    assert shortest(ROADS, "a", "y") is None


def test_bisect_middle():
    assert bisect([1, 3, 5, 7], 4) == 2


def test_bisect_equal():
    assert bisect([1, 3, 3, 7], 3) == 1


def test_bisect_end():
    assert bisect([1, 2], 9) == 2


def test_bisect_empty():
    assert bisect([], 1) == 0
