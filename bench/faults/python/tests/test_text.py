from shop.text import counts, initials, is_palindrome, wrap


def test_wrap_breaks():
    assert wrap("one two three", 7) == ["one two", "three"]


def test_wrap_fits_exactly():
    assert wrap("ab cd", 5) == ["ab cd"]


def test_wrap_long_word():
    assert wrap("a elephant", 4) == ["a", "elephant"]


def test_wrap_nothing():
    assert wrap("  ", 4) == []


def test_initials():
    assert initials("ada king lovelace") == "AKL"


def test_palindrome():
    assert is_palindrome("A man, a plan, a canal: Panama")


def test_no_palindrome():
    assert not is_palindrome("Panama canal")


def test_palindrome_differs_in_the_middle():
    assert not is_palindrome("abca")


def test_counts_in_order():
    assert counts(["b", "a", "b", "c", "a", "b"]) == [("b", 3), ("a", 2), ("c", 1)]


def test_counts_ties_by_alphabet():
    assert counts(["z", "y"]) == [("y", 1), ("z", 1)]
