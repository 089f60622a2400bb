"""What is in the shop."""


class OutOfStock(Exception):
    """Asked for more than there is."""


class Stock:
    def __init__(self):
        self.amounts = {}
        self.reserved = {}

    def add(self, item, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.amounts[item] = self.amounts.get(item, 0) + amount

    def available(self, item):
        return self.amounts.get(item, 0) - self.reserved.get(item, 0)

    def reserve(self, item, amount):
        if self.available(item) < amount:
            raise OutOfStock(item)
        self.reserved[item] = self.reserved.get(item, 0) + amount

    def ship(self, item, amount):
        if self.reserved.get(item, 0) < amount:
            raise OutOfStock(item)
        self.reserved[item] -= amount
        self.amounts[item] -= amount

    def low(self, limit):
        """Items with fewer than `limit` available, by name."""
        return sorted(item for item in self.amounts if self.available(item) < limit)


def total(lines, discount=0):
    """Price of (price, amount) lines, less a discount in percent, in whole cents."""
    full = sum(price * amount for price, amount in lines)
    return full - full * discount // 100


def split_payment(cents, parts):
    """Equal parts that add up; the first ones are a cent larger where it does not divide."""
    share, rest = divmod(cents, parts)
    return [share + 1] * rest + [share] * (parts - rest)
