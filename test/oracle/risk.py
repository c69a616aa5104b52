#!/usr/bin/env python3
"""Risk methods a second time, in exact arithmetic, from the description of the methods.

    risk.py shipped        what the four shipped methods give for all 125 inputs
    risk.py assets         what the combinations give for all 125 triples
    risk.py random SEED N  N random documents: sound ones with what they give, others not

Prints a JSON line each. Values are rationals or square roots of rationals; the root of q is
graded by comparing q with squares of rationals, so no floating-point number takes part.
"""

import json
import math
import random
import sys
from fractions import Fraction as F

FIVE = range(1, 6)


class Root:
    """The square root of a rational that is not negative."""

    def __init__(self, square):
        self.square = F(square)

    def __mul__(self, other):
        return Root(self.square * other.square)


def number(n):
    return Root(F(n) ** 2)


def nearest(value):
    """The value rounded half up to a whole number: the greatest n with n - 1/2 <= value."""
    return (math.isqrt(math.floor(4 * value.square)) + 1) // 2


def grade(value, bands):
    """The level of the band that has the rounded value; None when none or several have it."""
    n = nearest(value)
    levels = [i + 1 for i, (low, high) in enumerate(bands) if low <= n <= high]
    return levels[0] if len(levels) == 1 else None


# The methods, as the procedure and the standards describe them.

EVEN = [(1, 5), (6, 10), (11, 15), (16, 20), (21, 25)]
SELF = [(i, i) for i in FIVE]

LIKELIHOOD = ["2 4 7 11 14", "3 6 10 13 17", "5 9 12 16 20", "7 11 14 18 22", "8 12 17 20 25"]
LOSS = ["2 4 6 10 13", "3 5 9 12 16", "4 7 11 15 20", "5 8 14 19 22", "6 10 16 21 25"]
RISK = ["3 6 9 12 16", "5 8 11 15 18", "6 9 13 17 21", "7 11 16 20 23", "9 14 20 23 25"]
LIKELIHOOD_BANDS = [(1, 5), (6, 11), (12, 16), (17, 21), (22, 25)]
RISK_BANDS = [(1, 6), (7, 12), (13, 18), (19, 23), (24, 25)]

# Rows from very high to very low, columns from very low to very high, as printed.
G5 = ["L M H VH VH", "L M M H VH", "L L M M H", "VL L L M M", "VL VL L L L"]
I2 = ["VL L M H VH", "VL L M H VH", "VL L M M H", "VL L L L M", "VL VL VL L L"]
WORDS = {"VL": 1, "L": 2, "M": 3, "H": 4, "VH": 5}


def cell(table, row, column):
    return int(table[row - 1].split()[column - 1])


def printed(table, row, column):
    return WORDS[table[5 - row].split()[column - 1]]


def product(a, t, v):
    likelihood, loss = grade(number(t * v), EVEN), grade(number(a * v), EVEN)
    risk = number(likelihood * loss)
    return number(t * v), likelihood, number(a * v), loss, risk, grade(risk, EVEN)


def multiply(a, t, v):
    likelihood, loss = Root(t * v), Root(a * v)
    risk = likelihood * loss
    return likelihood, nearest(likelihood), loss, nearest(loss), risk, grade(risk, EVEN)


def matrix(a, t, v):
    likelihood, loss = number(cell(LIKELIHOOD, t, v)), number(cell(LOSS, a, v))
    ll, sl = grade(likelihood, LIKELIHOOD_BANDS), grade(loss, EVEN)
    risk = number(cell(RISK, sl, ll))
    return likelihood, ll, loss, sl, risk, grade(risk, RISK_BANDS)


def nist(a, t, v):
    likelihood = printed(G5, t, v)
    risk = printed(I2, likelihood, a)
    return number(likelihood), likelihood, number(a), a, number(risk), risk


SHIPPED = {"product": product, "gbt20984-multiply": multiply, "gbt20984-matrix": matrix, "nist800-30": nist}


def shown(stages):
    """Squares as [numerator, denominator] for values, levels as they are."""
    return [[s.square.numerator, s.square.denominator] if isinstance(s, Root) else s for s in stages]


def print_shipped():
    for name, method in SHIPPED.items():
        for a in FIVE:
            for t in FIVE:
                for v in FIVE:
                    print(json.dumps({"method": name, "a": a, "t": t, "v": v, "stages": shown(method(a, t, v))}))


# The value of an asset, in tenths.

def half_up_tenths(value):
    tenths = value * 10 + F(1, 2)
    return tenths.numerator // tenths.denominator


def log2mean_tenths(c, i, a):
    """The greatest n with log2(m) >= (2n - 1)/20, that is, m^20 >= 2^(2n-1)."""
    mean = F(2**c + 2**i + 2**a, 3)
    return max(n for n in range(10, 51) if mean**20 >= F(2) ** (2 * n - 1))


def asset_rating(tenths):
    for rating, (low, high) in enumerate([(10, 15), (16, 25), (26, 35), (36, 45), (46, 50)], 1):
        if low <= tenths <= high:
            return rating
    raise ValueError(tenths)


WEIGHTS = ["1,1,1", "0.5,0.3,0.2", "0.2,0.2,0.6", "0.25,0.25,0.5", "1,2,3", "0,0,1", "0.333333,0.333333,0.333334",
           "7,11,13", "0.000001,0,0", "1000000,999999,1"]


def print_assets():
    for c in FIVE:
        for i in FIVE:
            for a in FIVE:
                found = {"mean": half_up_tenths(F(c + i + a, 3)), "max": 10 * max(c, i, a),
                         "log2mean": log2mean_tenths(c, i, a)}
                for weights in WEIGHTS:
                    w = [F(x) for x in weights.split(",")]
                    found["weighted " + weights] = half_up_tenths((w[0] * c + w[1] * i + w[2] * a) / sum(w))
                for how, tenths in found.items():
                    print(json.dumps({"how": how, "c": c, "i": i, "a": a, "tenths": tenths,
                                      "rating": asset_rating(tenths)}))


# Documents that users might write.

def stage_value(stage, row, column, values=None):
    formula = stage["formula"]
    if formula == "product":
        return number(row * column)
    if formula == "geometric":
        return Root(row * column)
    if formula == "matrix":
        return number(stage["matrix"][row - 1][column - 1])
    if formula == "row":
        return number(row)
    return values[0] * values[1]


def evaluate(document, a, t, v):
    """All stages of a document; None as soon as a value has no band."""
    likelihood = stage_value(document["likelihood"], t, v)
    ll = grade(likelihood, document["likelihood"]["bands"])
    loss = stage_value(document["loss"], a, v)
    sl = grade(loss, document["loss"]["bands"])
    if ll is None or sl is None:
        return None
    risk = stage_value(document["risk"], sl, ll, (likelihood, loss))
    level = grade(risk, document["risk"]["bands"])
    return None if level is None else (likelihood, ll, loss, sl, risk, level)


def rises(table):
    """Whether no number of a table of rows is less than the one before it or above it."""
    return all(table[r][c] >= max(table[r][c - 1] if c else 0, table[r - 1][c] if r else 0)
               for r in range(5) for c in range(5))


def is_sound(document):
    for name in ("likelihood", "loss", "risk"):
        stage = document[name]
        if stage["formula"] == "matrix" and not (rises(stage["matrix"])
                                                 and all(n <= 10000 for row in stage["matrix"] for n in row)):
            return False
        bands = stage["bands"]
        if bands[0][0] < 0 or any(low > high for low, high in bands):
            return False
        if any(bands[i][0] != bands[i - 1][1] + 1 for i in range(1, 5)):
            return False
    return all(evaluate(document, a, t, v) is not None for a in FIVE for t in FIVE for v in FIVE)


def random_matrix(rng):
    table = [[rng.randint(0, 6) for _ in range(5)] for _ in range(5)]
    for r in range(5):
        for c in range(5):
            table[r][c] += max(table[r][c - 1] if c else 0, table[r - 1][c] if r else 0)
    return table


def random_bands(rng, low, high):
    """Five bands from at most `low` to at least `high`."""
    first = rng.randint(0, low)
    edges = sorted(rng.sample(range(first, max(high, first + 6)), 4))
    last = max(high, edges[3] + 1) + rng.choice([0, 0, 3])
    starts = [first] + [e + 1 for e in edges]
    return [[s, e] for s, e in zip(starts, edges + [last])]


def ends(stage, first, second):
    return nearest(stage_value(stage, 1, 1, first)), nearest(stage_value(stage, 5, 5, second))


def random_document(rng, count):
    document = {"name": "random-%d" % count, "title": {"en": "Random", "zh": "随机"},
                "unacceptable_from": rng.randint(1, 5), "asset_value": {"combination": "mean"}}
    for name in ("likelihood", "loss", "risk"):
        formulas = ["product", "geometric", "matrix", "product_of_values" if name == "risk" else "row"]
        stage = {"formula": rng.choice(formulas)}
        if stage["formula"] == "matrix":
            stage["matrix"] = random_matrix(rng)
        pairs = [[stage_value(document[n], i, i) for n in ("likelihood", "loss")] if name == "risk" else None
                 for i in (1, 5)]
        low, high = ends(stage, *pairs)
        stage["bands"] = random_bands(rng, low, high)
        document[name] = stage
    if rng.random() < 0.5:
        damage(rng, document)
    return document


def damage(rng, document):
    """One change, after which the document may be unsound."""
    stage = document[rng.choice(["likelihood", "loss", "risk"])]
    what = rng.choice(["edge", "matrix", "low", "high", "swap"])
    if what == "edge":
        stage["bands"][rng.randrange(5)][rng.randrange(2)] += rng.choice([-2, -1, 1, 2])
    elif what == "matrix" and "matrix" in stage:
        stage["matrix"][rng.randrange(5)][rng.randrange(5)] = rng.randint(0, 60)
    elif what == "low":
        stage["bands"][0][0] += rng.randint(1, 4)
    elif what == "high":
        stage["bands"][4][1] -= rng.randint(1, 6)
    else:
        i = rng.randrange(4)
        stage["bands"][i], stage["bands"][i + 1] = stage["bands"][i + 1], stage["bands"][i]


def print_random(seed, count):
    rng = random.Random(seed)
    for n in range(count):
        document = random_document(rng, n)
        line = {"document": document, "sound": is_sound(document)}
        if line["sound"]:
            line["levels"] = [shown(evaluate(document, a, t, v)) for a in FIVE for t in FIVE for v in FIVE]
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    if sys.argv[1:] == ["shipped"]:
        print_shipped()
    elif sys.argv[1:] == ["assets"]:
        print_assets()
    elif len(sys.argv) == 4 and sys.argv[1] == "random":
        print_random(int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(__doc__)
