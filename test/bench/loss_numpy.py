"""What test/bench/loss.sql measures, by numpy: reads scenarios as lines of JSON on standard
input, simulates and summarizes each, and writes the milliseconds on the processor that this
took, one line for all. One thread; whole arrays at a time; numpy's fastest generator, and
the faster of its ways to add events up by year.
"""

import json
import math
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy  # noqa: E402

PERCENTILES = (5, 10, 25, 50, 75, 90, 95, 99)
Z95 = 1.6448536269514722


def draw(random, quantity, count):
    if "mode" in quantity:
        low, mode, high = quantity["min"], quantity["mode"], quantity["max"]
        return low + (high - low) * random.beta(1 + 4 * (mode - low) / (high - low),
                                                1 + 4 * (high - mode) / (high - low), count)
    low, high = math.log(quantity["low"]), math.log(quantity["high"])
    return random.lognormal((low + high) / 2, (high - low) / 2 / Z95, count)


def by_year(events, losses):
    if len(losses) < 3 * len(events):
        return numpy.bincount(numpy.repeat(numpy.arange(len(events)), events),
                              weights=losses, minlength=len(events))
    some = numpy.flatnonzero(events)
    result = numpy.zeros(len(events))
    result[some] = numpy.add.reduceat(losses, numpy.cumsum(events[some]) - events[some])
    return result


def annual_loss(random, scenario, trials):
    rate = scenario["frequency"]
    if isinstance(rate, dict):
        rate = draw(random, rate, trials)
    events = random.poisson(rate, trials)
    losses = draw(random, scenario["magnitude"], events.sum())
    secondary = scenario.get("secondary")
    if secondary:
        has = numpy.flatnonzero(random.random(len(losses)) < secondary["probability"])
        losses[has] += draw(random, secondary["loss"], len(has))
    years = by_year(events, losses)
    return (years.mean(), years.std(ddof=1), (years > 0).mean(),
            numpy.percentile(years, PERCENTILES, overwrite_input=True))


trials = int(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    scenarios = [json.loads(line) for line in file]
random = numpy.random.Generator(numpy.random.SFC64(1))
began = time.process_time()
total = sum(annual_loss(random, scenario, trials)[0] for scenario in scenarios)
print(f"{(time.process_time() - began) * 1000}\t{total}")
