"""Exact amounts of money."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"^(-?)(\d+)(?:\.(\d{1,2}))?$")


@dataclass(frozen=True, order=True)
class Money:
    """An amount in cents. Arithmetic never rounds."""

    cents: int

    @classmethod
    def parse(cls, text: str) -> Money:
        """Reads "12", "12.5" or "-12.50"; raises ValueError for anything else."""
        match = _PATTERN.match(text.strip())
        if match is None:
            raise ValueError(f"not an amount: {text!r}")
        sign, whole, part = match.groups()
        cents = int(whole) * 100 + int((part or "").ljust(2, "0"))
        return cls(-cents if sign else cents)

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - other.cents)

    def __neg__(self) -> Money:
        return Money(-self.cents)

    def split(self, ways: int) -> list[Money]:
        """Divides the amount into equal shares."""
        if ways < 1:
            raise ValueError("an amount is split between one person or more")
        return [Money(self.cents // ways)] * ways

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02d}"
