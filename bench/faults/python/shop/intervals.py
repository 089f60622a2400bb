"""Half-open intervals of whole numbers, as pairs (start, end)."""


def merge(intervals):
    """Intervals that overlap or touch become one; the result is sorted."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def covered(intervals):
    """How many numbers are in at least one interval."""
    return sum(end - start for start, end in merge(intervals))


def gaps(intervals, low, high):
    """What of low..high no interval covers."""
    found = []
    at = low
    for start, end in merge(intervals):
        if start > at:
            found.append((at, start))
        at = max(at, end)
    if at < high:
        found.append((at, high))
    return found
