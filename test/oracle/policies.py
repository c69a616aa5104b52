#!/usr/bin/env python3
"""Policy documents for test/t/policy_mutations.t: mutated ones, the JSON Schema, and a judgement
of published policies that shares nothing with the extension.

    policies.py mutate SEED COUNT FILE...   documents, one a line, made from those of the files
    policies.py schema SCHEMA               reads documents, one a line; prints yes or no
    policies.py judge                       reads the rows of policies, a JSON object a line;
                                            prints what is unsound
"""

import json
import random
import sys

LEVELS = ["none", "9", "8", "7", "6", "5", "4", "3", "2", "1"]
SEVERITIES = ["informational", "minor", "moderate", "severe", "critical"]
TIMES = ["0 minutes", "1 minute", "5 minutes", "30 minutes", "1 hour", "2 hours", "4 hours", "1 day", "30 days"]
FACTS = ["opened", "assessed", "acknowledged", "activated", "resolved", "closed", "noted", "cancelled"]
ODD = [None, True, False, 0, 1, 2, 101, -1, 1.5, 1e300, 10**30, "", " ", "x", "any", "infinity", "-1 hour",
       "P1D", "9999999 years", "1000000000000 hours", "P99999999999999Y", "soon", "none ", "\u0001", "'\"\\", "\u4e00",
       "a" * 300, [], {}, [[]], [None], {"": {}}, {"en": "x"}, {"en": "x", "zh": "x"}, {"after": "x"}]


def nodes(value, path=()):
    """Every place of a document but the whole: (container, key)."""
    if isinstance(value, dict):
        for key in value:
            yield value, key
            yield from nodes(value[key])
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield value, number
            yield from nodes(item)


def likely(rng, value):
    """Something of the same kind as a value."""
    for words in (LEVELS, SEVERITIES, TIMES, FACTS):
        if value in words:
            return rng.choice(words)
    if isinstance(value, str) and value[:1].isdigit():
        return rng.choice(TIMES)
    if isinstance(value, int):
        return rng.choice([1, 2, 50, 100, value + 1])
    return value


def odd(rng):
    return json.loads(json.dumps(rng.choice(ODD)))


def mutate(rng, document):
    places = [p for p in nodes(document)]
    container, key = rng.choice(places)
    draw = rng.random()
    if draw < 0.45:
        leaves = [p for p in places if not isinstance(p[0][p[1]], (dict, list))]
        container, key = rng.choice(leaves)
        container[key] = likely(rng, container[key])
    elif draw < 0.6:
        del container[key]
    elif draw < 0.7:
        other, other_key = rng.choice(places)
        container[key], other[other_key] = other[other_key], container[key]
    elif draw < 0.78 and isinstance(container, list):
        container.insert(rng.randrange(len(container) + 1), json.loads(json.dumps(container[key])))
    elif draw < 0.84 and isinstance(container, list):
        rng.shuffle(container)
    elif draw < 0.9 and isinstance(container, dict):
        container[rng.choice([key + "s", key[1:], "steps", "limit", "level", "elapsed", "within", "values"])] = \
            rng.choice([container[key], odd(rng)])
    else:
        container[key] = odd(rng)


def shortened(document):
    """Without the long texts, which mutations would hit for nothing."""
    document["categories"] = document["categories"][:1]
    for severity in document["severities"]:
        severity.pop("criteria", None)
    for duty in document["duties"]:
        duty.pop("content", None)
    return document


def print_mutations(seed, count, files):
    rng = random.Random(seed)
    bases = [json.dumps(shortened(json.load(open(name, encoding="utf-8")))) for name in files]
    for _ in range(count):
        document = json.loads(rng.choice(bases))
        for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
            try:
                mutate(rng, document)
            except (IndexError, RecursionError):  # nothing is left, or a swap put something into itself
                break
        try:
            print(json.dumps(document).replace("\\u0000", ""))
        except (ValueError, RecursionError):
            continue


def print_schema(file):
    import jsonschema
    with open(file, encoding="utf-8") as schema:
        validator = jsonschema.Draft202012Validator(json.load(schema))
    validator.check_schema(validator.schema)
    for line in sys.stdin:
        print("yes" if validator.is_valid(json.loads(line)) else "no")


def ascending(values):
    """Strictly, None being the longest."""
    return all(b is not None and a < b for a, b in zip(values, values[1:]))


def judge_matrix(policy):
    rank = {level: number for number, level in enumerate(LEVELS)}
    grave = {severity: number for number, severity in enumerate(SEVERITIES)}
    cells = {(row["asset_level"], row["severity"]): row for row in policy["matrix"]}
    assets = {asset for asset, _ in cells}
    severities = {severity for _, severity in cells}
    if not cells:
        yield "the matrix is empty"
    if severities != set(policy["severities"]):
        yield "the severities are not those of the matrix"
    if None in assets and len(assets) > 1:
        yield "any asset, and others"
    for asset in assets:
        for severity in severities:
            if (asset, severity) not in cells:
                yield f"hole at {asset} {severity}"
    for (asset, severity), row in cells.items():
        for (lower, minor), other in cells.items():
            if rank.get(asset, 0) >= rank.get(lower, 0) and grave[severity] >= grave[minor]:
                for what in ("event_level", "response_level"):
                    if rank[row[what]] < rank[other[what]]:
                        yield f"{what} at {asset} {severity} is below {lower} {minor}"
        for what in ("event_level", "response_level"):
            if row[what] not in policy["levels"]:
                yield f"level {row[what]} is not defined"


def judge_times(policy):
    never = float("inf")
    times = [policy["levels"][level] for level in reversed(LEVELS) if level in policy["levels"]]
    times = [never if time is None else time for time in times]
    if any(a > b for a, b in zip(times, times[1:])) or any(time <= 0 for time in times):
        yield "processing times out of order"
    for level, steps in policy["acknowledgements"].items():
        if not ascending(steps):
            yield f"acknowledgement of {level} out of order"
    for rise in policy["rises"]:
        if rise["to_level"] not in policy["levels"] or not (rise["amount"] or rise["percent"]):
            yield f"step {rise}"
        if rise["reports"] is not None and (rise["measure"] != "inactive" or not rise["reports"]):
            yield f"reports of step {rise}"


# Facts that happen no more once the first has, before a reopening.
OVER = {
    "opened": set(),
    "acknowledged": {"acknowledged"},
    "activated": {"acknowledged", "activated"},
    "resolved": {"acknowledged", "activated", "held", "resumed", "resolved"},
    "closed": {"acknowledged", "activated", "held", "resumed", "resolved", "assessed", "closed"},
}


def end_of(duty, start, duties):
    if start["starts"] in ("resolved", "closed"):
        return None
    while not duty["until"] and duty["after"] is not None:
        duty = duties[duty["after"]]
        if duty["done_by"] in ("resolved", "closed"):
            return None
    return duty["until"] or "resolved"


def judge_duties(policy):
    duties = {duty["duty"]: duty for duty in policy["duties"]}
    used = set(policy["posts_named"])
    if used != set(policy["posts"]):
        yield f"posts {used ^ set(policy['posts'])}"
    for duty in duties.values():
        seen, start = set(), duty
        while start["after"] is not None:
            if start["after"] in seen or start["after"] not in duties:
                yield f"duty {duty['duty']} never starts"
                return
            seen.add(start["after"])
            start = duties[start["after"]]
        until = duty["until"] or end_of(duty, start, duties)
        if duty["done_by"] in OVER.get(duty["starts"], set()) or (duty["done_by"], until) == ("closed", "resolved"):
            yield f"duty {duty['duty']} is never done by what is to do it"
        if duty["repeats"] and duty["repeat_limit"] is None and until is None:
            yield f"duty {duty['duty']} repeats without end"
        if duty["repeats"] and min(duty["within"]) < 60:
            yield f"duty {duty['duty']} repeats at once"
        if not duty["levels"] or not set(duty["levels"]) <= set(policy["levels"]):
            yield f"duty {duty['duty']} is for {duty['levels']}"
    if policy["nobody"] > 0:
        yield "a list of nobody"


def judge_messages(policy):
    duties = {duty["duty"]: duty for duty in policy["duties"]}
    events = {row["event_level"] for row in policy["matrix"]}
    said = set()
    for rule in policy["messages"]:
        about = rule["kind"] in ("due", "overdue", "repeated")
        if any(rule[key] is not None and rule[key] not in duties for key in ("duty", "audience_of")):
            yield f"message about or to a duty that there is not: {rule}"
            continue
        if rule["duty"] is not None and not about or rule["clock"] is not None and (rule["kind"], rule["duty"]) != ("overdue", None):
            yield f"message about what it cannot be about: {rule}"
        if rule["of_duty"] is not None and (not about or rule["clock"] is not None):
            yield f"message to those of no duty: {rule}"
        if rule["of_duty"] == "responsible" and not any(
                duty["responsible"] for duty in duties.values() if rule["duty"] in (None, duty["duty"])):
            yield f"message to nobody responsible: {rule}"
        if rule["steps_of"] is not None and (rule["clock"] != "acknowledgement" or
                                             max(map(len, policy["acknowledgements"].values()), default=0) < 2):
            yield f"message to steps that there are not: {rule}"
        levels = rule["levels"]
        if levels is not None and (not levels or not set(levels) <= set(policy["levels"])):
            yield f"message at levels that there are not: {rule}"
        elif levels is not None and rule["scope"] == "event_level" and not events & set(levels):
            yield f"message at levels that no event has: {rule}"
        for duty in filter(None, (rule["duty"], rule["audience_of"])):
            if levels is not None and duties[duty]["scope"] == rule["scope"] and not set(levels) & set(duties[duty]["levels"]):
                yield f"message at levels without the duty {duty}: {rule}"
        if rule["kind"] == "due" and not duties or rule["kind"] == "repeated" and not any(
                duty["repeats"] for duty in duties.values() if rule["duty"] in (None, duty["duty"])):
            yield f"message of what never happens: {rule}"
        if rule["kind"] == "breached" and all(policy["levels"].get(level) is None for level in events):
            yield f"message of a breach that never is: {rule}"
        if rule["acknowledge"] == "nobody" and (rule["again_after"] is not None or rule["then_next"]):
            yield f"message that nobody answers: {rule}"
        if rule["again_after"] is not None and not 60 <= rule["again_after"] <= 7 * 86400:
            yield f"message again too soon or late: {rule}"
        meaning = json.dumps([rule[key] if key not in ("levels", "posts") else sorted(rule[key] or []) for key in (
            "kind", "duty", "clock", "scope", "levels", "audience_of", "of_duty", "posts", "steps_of")])
        if meaning in said:
            yield f"message twice: {rule}"
        said.add(meaning)


def print_judgement():
    count = 0
    for line in sys.stdin:
        policy = json.loads(line)
        count += 1
        for judge in (judge_matrix, judge_times, judge_duties, judge_messages):
            for problem in judge(policy):
                print(f"policy {policy['policy_id']}: {problem}")
    print(f"{count} policies judged")


if __name__ == "__main__":
    if sys.argv[1] == "mutate":
        print_mutations(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    elif sys.argv[1] == "schema":
        print_schema(sys.argv[2])
    else:
        print_judgement()
