"""Ways between places: {place: {neighbour: distance}}."""

from collections import deque
from heapq import heappop, heappush


def reachable(roads, start):
    """Every place one can get to, the start included."""
    seen = {start}
    queue = deque([start])
    while queue:
        place = queue.popleft()
        for neighbour in roads.get(place, {}):
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return seen


def shortest(roads, start, goal):
    """Length of the shortest way; None when there is none."""
    best = {start: 0}
    heap = [(0, start)]
    while heap:
        length, place = heappop(heap)
        if place == goal:
            return length
        if length > best[place]:
            continue
        for neighbour, distance in roads.get(place, {}).items():
            further = length + distance
            if neighbour not in best or further < best[neighbour]:
                best[neighbour] = further
                heappush(heap, (further, neighbour))
    return None


def bisect(values, wanted):
    """Index of the first value that is not below `wanted`."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
