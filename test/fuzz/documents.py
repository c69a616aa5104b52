#!/usr/bin/env python3
"""Random documents for test/t/document_fuzz.t: sound ones, damaged.

    documents.py SEED COUNT     reads sound documents, a line each: a reader's name, a tab,
                                and JSON; prints COUNT damaged ones in the same form

A damaged document is text: it need not be JSON, nor what a database can hold.
"""

import json
import random
import sys

WORDS = ["", " ", "x", "any", "none", "1", "10", "-1", "00:00", "24:00", "99:99", "2026-02-30", "0001-01-01",
         "9999-12-31", "infinity", "-infinity", "now", "epoch", "4714-11-24 BC", "294276-12-31 23:59:59.999999+00",
         "294277-01-01", "1 hour", "-1 hour", "0", "P1D", "P99999999999Y", "178000000 years", "1e100 days",
         "2147483647 days 23:59:59", "9223372036854775807 microseconds", "critical", "eport", "24x7", "Asia/Shanghai",
         "UTC", "nowhere", "opened", "done", "resolved", "reopened", "notify", "'\"\\", "%s%n%d", "$1", "{}", "$.a[0]",
         "\u4e00", "\U0001f600", "\u202e", "\ufeff", "a" * 63, "a" * 64, "a" * 200, "\u9577" * 201, "a" * 70000]
NUMBERS = ["0", "-0", "1", "2", "3.5", "-1", "1e-400", "1e100000", "1e131071", "-1e131071", "0.1e-16383", "1e308",
           "1e309", "9223372036854775807", "9223372036854775808", "2147483648", "-2147483649",
           "0." + "0" * 300 + "1", "9" * 1000]
# Pieces that json.dumps does not write, by the text that stands for them.
RAW = [r'"\u0000"', r'"\ud800"', r'"\udc00\ud800"', r'"\u0001\u001f\u007f"', '"\\', "nul", "NaN", "[1,]", "{,}",
       '{"en": "x", "en": "y", "zh": "z"}', '{"a": 1, "a": {"a": 1}}', "[" * 3000 + "]" * 3000,
       '{"a":' * 3000 + "1" + "}" * 3000, "[" * 100000, "[" + ",".join(["1e131071"] * 40) + "]"]
MARK = "@raw-%d@"
PIECES = NUMBERS + RAW
MOST = 500000
LONGEST = 20_000_000     # characters of a document: its text has to be loaded as one value


class Source:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def piece(self):
        return MARK % self.rng.randrange(len(PIECES))

    def value(self, depth=0):
        draw = self.rng.random() * (1 if depth < 4 else 0.7)
        if draw < 0.4:
            return self.rng.choice(WORDS)
        if draw < 0.7:
            return self.piece()
        if draw < 0.8:
            return [self.value(depth + 1) for _ in range(self.rng.choice([0, 1, 2, 3, 50]))]
        if draw < 0.9:
            return {self.rng.choice(WORDS): self.value(depth + 1) for _ in range(self.rng.choice([0, 1, 2, 20]))}
        return self.rng.choice([None, True, False])

    def many(self, value):
        """A list of an item again and again, or with numbers to tell them apart."""
        count = min(self.rng.choice([2, 8, 33, 49, 1000, 1001, 3000]), MOST // len(json.dumps(value)) + 1)
        if not isinstance(value, dict) or self.rng.random() < 0.3:
            return [value] * count
        key = self.rng.choice(list(value) or ["name"])
        return [{**value, key: "x%d" % number} for number in range(count)]

    def damage(self, document):
        places = list(nodes(document))
        if not places:
            return self.value()
        container, key = self.rng.choice(places)
        draw = self.rng.random()
        if draw < 0.35:
            container[key] = self.value()
        elif draw < 0.45:
            del container[key]
        elif draw < 0.55:
            other, other_key = self.rng.choice(places)
            container[key] = json.loads(json.dumps(other[other_key]))
        elif draw < 0.7 and isinstance(container, list):
            container[:] = self.many(container[key])
        elif draw < 0.8:
            container[key] = [container[key]]
        elif draw < 0.9 and isinstance(container, dict):
            container[self.rng.choice(WORDS)] = self.value()
        elif isinstance(container, dict):
            for number in range(self.rng.choice([1, 100, 2000])):
                container["k%d" % number] = self.rng.choice([1, "x", None, {}])
        return document

    def damaged(self, text):
        """A document in which something is damaged; as a text of a few megabytes at most."""
        document = json.loads(text)
        for _ in range(self.rng.choice([1, 1, 1, 2, 3, 8])):
            if len(json.dumps(document)) < MOST:
                document = self.damage(document)
        text = json.dumps(document, ensure_ascii=self.rng.random() < 0.5)
        for number, piece in enumerate(PIECES):
            text = text.replace('"%s"' % (MARK % number), piece, MOST // len(piece))
        if self.rng.random() < 0.02:
            text = text[:self.rng.randrange(len(text) + 1)]
        return text


def nodes(value):
    """Every place of a document but the whole: (container, key)."""
    stack = [value]
    while stack:
        top = stack.pop()
        members = top.items() if isinstance(top, dict) else enumerate(top) if isinstance(top, list) else ()
        for key, member in members:
            yield top, key
            if isinstance(member, (dict, list)) and len(stack) < 5000:
                stack.append(member)


def main():
    source = Source(int(sys.argv[1]))
    sound = [line.rstrip("\n").split("\t", 1) for line in sys.stdin]
    for _ in range(int(sys.argv[2])):
        reader, text = source.rng.choice(sound)
        damaged = source.damaged(text)
        while len(damaged) > LONGEST:
            damaged = source.damaged(text)
        damaged = damaged.replace("\n", " ").replace("\t", " ").replace("\x00", "")
        print(reader + "\t" + damaged.encode("utf-8", "replace").decode("utf-8"))


if __name__ == "__main__":
    main()
