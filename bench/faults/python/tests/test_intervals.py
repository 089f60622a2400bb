from shop.intervals import covered, gaps, merge


def test_merge_sorts():
    assert merge([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]


def test_merge_joins_overlapping():
    assert merge([(1, 4), (2, 6)]) == [(1, 6)]


def test_merge_joins_touching():
    assert merge([(1, 2), (2, 3)]) == [(1, 3)]


def test_merge_keeps_the_longer_end():
    assert merge([(1, 9), (2, 3)]) == [(1, 9)]


def test_covered_counts_once():
    assert covered([(0, 5), (3, 8), (10, 11)]) == 9


def test_gaps_between():
    assert gaps([(2, 4), (6, 8)], 0, 10) == [(0, 2), (4, 6), (8, 10)]


def test_no_gaps():
    assert gaps([(0, 10)], 0, 10) == []


def test_gaps_of_nothing():
    assert gaps([], 3, 7) == [(3, 7)]


def test_gap_not_behind_a_nested_interval():
    assert gaps([(0, 9), (2, 3)], 0, 10) == [(9, 10)]
