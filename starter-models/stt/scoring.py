"""Word error rate."""


def edit_distance(reference, hypothesis):
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, heard in enumerate(hypothesis, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (expected != heard))
    return row[-1]


def word_error_rate(pairs):
    """Errors over reference words, in percent, for (reference, hypothesis) sentences."""
    errors = sum(edit_distance(a.split(), b.split()) for a, b in pairs)
    return round(100 * errors / max(1, sum(len(a.split()) for a, _ in pairs)), 2)
