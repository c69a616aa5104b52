#!/usr/bin/env python3
"""Who is on call, by walking, to compare rosters with.

    roster.py SEED ROSTERS    random directories and what a walk finds

A walk asks at every minute of some days what docs/reference/contact.md says: the newest override,
else the last layer that holds somebody. Turns of days change when the wall clock of the zone first
shows the time of the beginning, or one after it where it is skipped; the walk notices this by
looking at the wall clock minute by minute from the layer's beginning on. Turns of hours are counted
in minutes that pass.

Output is JSON, a line each: {"document": …}, {"override": [roster, contact, since, until]} in the
order in which they are made, and {"roster", "at", "contact", "layer", "until"} for each stretch.
"""

import datetime as dt
import json
import random
import sys
import zoneinfo

MINUTE = dt.timedelta(minutes=1)
UTC = dt.timezone.utc
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca",
         "Asia/Kathmandu", "Pacific/Chatham", "America/Santiago", "Europe/London", "Pacific/Auckland", "UTC")
# Days around which clocks change in these zones, in years that are still to come.
CHANGES = [dt.datetime(y, m, d, tzinfo=UTC) for y in (2031, 2034, 2037)
           for m, d in ((3, 9), (3, 27), (4, 3), (9, 4), (9, 25), (10, 2), (10, 28), (11, 4))]
MEMBERS = ["a", "b", "c", "d"]
SPARE = ["e", "f", "g"]


def clock(minutes):
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class Layer:
    """Walks with the minutes; `turn` counts from 0, -1 is before the first."""

    def __init__(self, layer):
        self.members = layer["members"]
        number, unit = layer["turn"].split()
        self.by_clock = not unit.startswith("hour")
        self.length = int(number) * {"h": 60, "d": 1440, "w": 10080}[unit[0]]
        self.next = dt.datetime.fromisoformat(layer["from"])
        self.windows = layer.get("windows")
        self.turn = -1
        self.passed = 0

    def walk(self, wall):
        if self.turn >= 0 and not self.by_clock:
            self.passed += 1
            if self.passed == self.length:
                self.passed = 0
                self.turn += 1
        elif wall >= self.next:
            self.turn += 1
            self.next += dt.timedelta(minutes=self.length)

    def holds(self, wall):
        if self.turn < 0:
            return None
        if self.windows is not None:
            now = wall.strftime("%H:%M")
            if not any(since <= now < until for since, until in self.windows.get(DAYS[wall.weekday()], [])):
                return None
        return self.members[self.turn % len(self.members)]


def random_windows(rng):
    week = {}
    for day in DAYS:
        if rng.random() < 0.6:
            times = sorted(rng.sample(range(0, 1441, 15), 4))
            week[day] = [[clock(times[0]), clock(times[1])], [clock(times[2]), clock(times[3])]][: rng.choice((1, 2))]
    week.setdefault("sun", [["00:00", "24:00"]])
    return week


def random_roster(rng, number, start):
    zone = ZONES[number % len(ZONES)]
    local = start.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
    layers = []
    for _ in range(rng.randint(1, 3)):
        begins = local.replace(hour=0, minute=0) + dt.timedelta(minutes=rng.choice((rng.randrange(0, 4 * 1440, 30), 1440 + 150, 1440 + 120)))
        layer = {"members": [rng.choice(MEMBERS) for _ in range(rng.randint(1, 4))],
                 "turn": rng.choice(("1 day", "2 days", "1 week", "1 hour", "7 hours", "24 hours", "12 hours")),
                 "from": begins.isoformat(sep=" ", timespec="minutes")}
        if rng.random() < 0.6:
            layer["windows"] = random_windows(rng)
        layers.append(layer)
    return {"name": f"roster-{number}", "zone": zone, "layers": layers}


def write(line):
    print(json.dumps(line))


def main():
    rng = random.Random(int(sys.argv[1]))
    rosters, starts, overrides = [], [], []
    for number in range(int(sys.argv[2])):
        start = rng.choice(CHANGES) - dt.timedelta(days=rng.randint(3, 5))
        starts.append(start)
        rosters.append(random_roster(rng, number, start))
        # Each roster has substitutes of its own, so that nobody is in two at once.
        overrides.append([(rng.choice([None] + [f"{name}{number}" for name in SPARE]), since, since + dt.timedelta(minutes=rng.randint(1, 4000)))
                          for since in (start + dt.timedelta(minutes=rng.randint(0, 16000)) for _ in range(rng.randint(0, 5)))])
    contacts = MEMBERS + [f"{name}{number}" for number in range(len(rosters)) for name in SPARE]
    write({"document": {"contacts": [{"name": name} for name in contacts], "rosters": rosters}})
    for roster, given in zip(rosters, overrides):
        for contact, since, until in given:
            write({"override": [roster["name"], contact, since.isoformat(), until.isoformat()]})
    for roster, start, given in zip(rosters, starts, overrides):
        zone = zoneinfo.ZoneInfo(roster["zone"])
        layers = [Layer(layer) for layer in roster["layers"]]
        found, since = None, None
        at = start - dt.timedelta(days=1)
        while at < start + dt.timedelta(days=14):
            wall = at.astimezone(zone).replace(tzinfo=None)
            answer = (None, None)
            for number, layer in enumerate(layers, 1):
                layer.walk(wall)
                held = layer.holds(wall)
                if held is not None:
                    answer = (held, number)
            for contact, begins, ends in reversed(given):
                if begins <= at < ends:
                    if contact is not None:
                        answer = (contact, 0)
                    break
            if answer != found:
                if since is not None:
                    write({"roster": roster["name"], "at": since.isoformat(), "contact": found[0], "layer": found[1],
                           "until": at.isoformat()})
                found, since = answer, at
            at += MINUTE


if __name__ == "__main__":
    main()
