import pytest

from ledger import Book, Money, UnbalancedEntry, statement


def test_an_entry_that_does_not_add_up_is_refused():
    book = Book()
    with pytest.raises(UnbalancedEntry, match="off by 0.01"):
        book.post("taxi", {"ann": Money(1000), "bob": Money(-999)})
    assert book.entries == []


def test_sharing_gives_everyone_their_part():
    book = Book()
    book.share("dinner", "ann", Money.parse("60"), ["ann", "bob", "cem"])
    assert [str(book.balance(person)) for person in ("ann", "bob", "cem")] == ["40.00", "-20.00", "-20.00"]


def test_the_statement_names_who_pays_whom():
    book = Book()
    assert statement(book) == "settled"
    book.share("dinner", "ann", Money.parse("60"), ["ann", "bob", "cem"])
    book.share("taxi", "bob", Money.parse("10"), ["bob", "cem"])
    assert statement(book) == "cem owes ann 25.00\nbob owes ann 15.00"
