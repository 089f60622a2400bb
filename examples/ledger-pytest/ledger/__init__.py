"""A small double-entry ledger for shared expenses."""

from .book import Book, UnbalancedEntry
from .money import Money
from .statement import statement

__all__ = ["Book", "Money", "UnbalancedEntry", "statement"]
