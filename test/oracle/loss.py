"""Bounds of the distribution of annual losses, computed and not simulated.

Reads lines of JSON, {"scenarios": [{"frequency", "magnitude", "secondary"}, …], "points"} in
the form of incident.annual_loss; the points are annual losses of all scenarios together, in
rising order. Writes a line for each: {"bounds": [[below, up_to], …]}, for each point a number
that P(loss < point) is not less than, and one that P(loss <= point) is not greater than.

One event's loss is put on a grid twice, rounded up and rounded down, which gives a year
that loses more and one that loses less than the true one. What n events or a Poisson number
of them lose follows by convolution, or Panjer's recursion, without further error. When the
rate is uncertain, the probabilities of numbers of events are integrated over it, and numbers
of a probability below 1e-12 left out.
"""

import functools
import json
import math
import sys

CELLS = 1500
SLICES = 2000


def beta_density(alpha, beta, x):
    if x <= 0 or x >= 1:
        return 0.0 if (alpha if x <= 0 else beta) > 1 else beta if x <= 0 else alpha
    return math.exp(
        math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
        + (alpha - 1) * math.log(x) + (beta - 1) * math.log(1 - x))


def pert_shapes(quantity):
    low, mode, high = quantity["min"], quantity["mode"], quantity["max"]
    shape = quantity.get("shape", 4)
    return (1 + shape * (mode - low) / (high - low),
            1 + shape * (high - mode) / (high - low))


def lognormal_parameters(quantity):
    if "median" in quantity:
        return math.log(quantity["median"]), quantity["sigma"]
    low, high = math.log(quantity["low"]), math.log(quantity["high"])
    return (low + high) / 2, (high - low) / 2 / 1.6448536269514722


def pert_distribution(quantity, losses):
    """By Simpson's rule from each loss to the next."""
    alpha, beta = pert_shapes(quantity)
    low, width = quantity["min"], quantity["max"] - quantity["min"]
    so_far, before, result = 0.0, 0.0, []
    for loss in losses:
        x = min(max((loss - low) / width, 0.0), 1.0)
        pieces = 8
        step = (x - before) / pieces
        for i in range(pieces if step > 0 else 0):
            left = before + i * step
            so_far += step / 6 * (beta_density(alpha, beta, left)
                                  + 4 * beta_density(alpha, beta, left + step / 2)
                                  + beta_density(alpha, beta, left + step))
        before = x
        result.append(min(so_far, 1.0) if x < 1 else 1.0)
    return result


def distribution(quantity, losses):
    """P(quantity <= loss) at rising losses."""
    if not isinstance(quantity, dict):
        return [1.0 if quantity <= loss else 0.0 for loss in losses]
    if "mode" in quantity:
        return pert_distribution(quantity, losses)
    mu, sigma = lognormal_parameters(quantity)
    return [0.5 * math.erfc((mu - math.log(loss)) / sigma / math.sqrt(2)) if loss > 0 else 0.0
            for loss in losses]


def on_grid(quantity, width, up):
    """The probabilities of 0, 1, … cells of the quantity, rounded up or down."""
    edges = distribution(quantity, [i * width for i in range(CELLS + 2)])
    cells = [b - a for a, b in zip(edges, edges[1:])]
    return [edges[0]] + cells[:-1] if up else [edges[0] + cells[0]] + cells[1:]


def convolved(a, b):
    result = [0.0] * len(a)
    for i, p in enumerate(a):
        if p > 0:
            for j in range(len(b) - i):
                result[i + j] += p * b[j]
    return result


def one_event(scenario, width, up):
    loss = on_grid(scenario["magnitude"], width, up)
    secondary = scenario.get("secondary")
    if not secondary:
        return loss
    probability = secondary["probability"]
    more = [probability * p for p in on_grid(secondary["loss"], width, up)]
    more[0] += 1 - probability
    return convolved(loss, more)


def panjer(rate, severity):
    weighted = [rate * j * p for j, p in enumerate(severity)]
    result = [math.exp(-rate * (1 - severity[0]))]
    for k in range(1, len(severity)):
        result.append(sum(map(float.__mul__, weighted[1:k + 1], result[::-1])) / k)
    return result


def rates(frequency):
    """Slices of an uncertain rate: (rate, probability)."""
    if "mode" in frequency:
        alpha, beta = pert_shapes(frequency)
        low, width = frequency["min"], frequency["max"] - frequency["min"]
        middles = [(i + 0.5) / SLICES for i in range(SLICES)]
        return [(low + width * x, beta_density(alpha, beta, x) / SLICES) for x in middles]
    mu, sigma = lognormal_parameters(frequency)
    middles = [-9 + 18 * (i + 0.5) / SLICES for i in range(SLICES)]
    return [(math.exp(mu + sigma * z),
             18 / SLICES * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)) for z in middles]


def counts(frequency):
    """The probabilities of 0, 1, … events at an uncertain rate."""
    result = []
    slices = rates(frequency)
    while sum(result) < 1 - 1e-12 and len(result) < 400:
        n = len(result)
        result.append(sum(p * math.exp(n * math.log(rate) - rate - math.lgamma(n + 1))
                          for rate, p in slices))
    return result


def year(frequency, severity):
    if not isinstance(frequency, dict):
        return panjer(float(frequency), severity)
    weights = ([0.0] * frequency["events"] + [1.0] if "events" in frequency
               else counts(frequency))
    result = [0.0] * len(severity)
    sums = [1.0] + [0.0] * (len(severity) - 1)
    for n, weight in enumerate(weights):
        if n > 0:
            sums = convolved(severity, sums)
        for i, p in enumerate(sums):
            result[i] += weight * p
    return result


def all_together(scenarios, width, up):
    years = [year(s["frequency"], one_event(s, width, up)) for s in scenarios]
    return functools.reduce(convolved, years)


def bounds(asked):
    points = asked["points"]
    width = points[-1] / (CELLS - 1)
    more = all_together(asked["scenarios"], width, True)
    less = all_together(asked["scenarios"], width, False)
    # A billionth of a cell for what binary fractions do to a loss on its edge.
    return [[sum(p for i, p in enumerate(more) if (i + 1e-9) * width < point),
             sum(p for i, p in enumerate(less) if (i - 1e-9) * width <= point)]
            for point in points]


for line in sys.stdin:
    print(json.dumps({"bounds": bounds(json.loads(line))}))
