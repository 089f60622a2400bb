"""Who owes whom, as text."""

from __future__ import annotations

from .book import Book
from .money import Money


def settlements(book: Book) -> list[tuple[str, str, Money]]:
    """Payments (from, to, amount) that bring every balance to zero, largest debts first."""
    balances = {account: book.balance(account) for account in book.accounts()}
    debts = sorted((balance.cents, account) for account, balance in balances.items() if balance < Money(0))
    credits = sorted((-balance.cents, account) for account, balance in balances.items() if balance > Money(0))
    payments = []
    while debts and credits:
        (owed, debtor), (due, creditor) = debts.pop(0), credits.pop(0)
        amount = min(-owed, -due)
        payments.append((debtor, creditor, Money(amount)))
        if owed + amount:
            debts.insert(0, (owed + amount, debtor))
        if due + amount:
            credits.insert(0, (due + amount, creditor))
    return payments


def statement(book: Book) -> str:
    """One line a payment; "settled" when nobody owes anything."""
    lines = [f"{debtor} owes {creditor} {amount}" for debtor, creditor, amount in settlements(book)]
    return "\n".join(lines) or "settled"
