"""The book: a list of entries that each balance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from .money import Money


class UnbalancedEntry(ValueError):
    """The amounts of an entry do not add up to zero."""


@dataclass(frozen=True)
class Entry:
    """What one event moved: amounts by account, positive for who is owed, negative for who owes."""

    text: str
    amounts: dict[str, Money]

    def total(self) -> Money:
        return sum(self.amounts.values(), Money(0))


@dataclass
class Book:
    """Entries in the order they were made."""

    entries: list[Entry] = field(default_factory=list)

    def post(self, text: str, amounts: dict[str, Money]) -> Entry:
        """Adds an entry; raises UnbalancedEntry when it does not add up."""
        entry = Entry(text, dict(amounts))
        if entry.total() != Money(0):
            raise UnbalancedEntry(f"{text!r} is off by {entry.total()}")
        self.entries.append(entry)
        return entry

    def share(self, text: str, paid_by: str, amount: Money, people: list[str]) -> Entry:
        """One person paid for several, who owe equal shares; the payer may be one of them."""
        amounts: dict[str, Money] = defaultdict(lambda: Money(0))
        amounts[paid_by] += amount
        for person, part in zip(people, amount.split(len(people))):
            amounts[person] -= part
        return self.post(text, amounts)

    def balance(self, account: str) -> Money:
        """What an account is owed; negative when it owes."""
        return sum((entry.amounts.get(account, Money(0)) for entry in self.entries), Money(0))

    def accounts(self) -> list[str]:
        return sorted({account for entry in self.entries for account in entry.amounts})
