#!/usr/bin/env python3
"""Working time by walking, to compare calendars with.

    working_time.py SEED CASES    random calendars and cases with their results
    working_time.py               answers the questions on standard input

An instant is working time when the wall clock in the calendar's zone shows a
time inside a window of that local date. A walk asks this of every minute (or,
where the zone's offset has seconds, of every second) of some days, one after
the other, and counts; all figures come from the count. Within one step the
answer is the same throughout, so a part of a working step is worked as far as
it has passed.

Output and input are JSON, a line each: a document of import_calendar as
{"calendar": …}; a measure as {"name", "from", "to", "worked"}; an addition as
{"name", "from", "amount", "moment"}. Questions leave out the result and may
say {"step"}, in seconds (60), and, for additions, {"days"}, how far to walk to
either side (10); a moment out of reach is null.
"""

import datetime as dt
import json
import random
import re
import sys
import zoneinfo
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate

SECOND = 1_000_000  # moments are microseconds since 1970-01-01 00:00:00+00
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MICROSECOND = dt.timedelta(microseconds=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def moment_of(text):
    return (dt.datetime.fromisoformat(text) - EPOCH) // MICROSECOND


def midnight(date):
    return moment_of(f"{date} 00:00:00+00:00")


def text_of(moment):
    return (EPOCH + moment * MICROSECOND).isoformat(sep=" ")


def second_of_day(clock):
    """Of HH:MM or HH:MM:SS; 24:00 is the end of the day."""
    return sum(int(part) * unit for part, unit in zip(clock.split(":"), (3600, 60, 1)))


class Calendar:
    def __init__(self, document):
        self.name = document["name"]
        self.zone = zoneinfo.ZoneInfo(document["zone"])
        weeks = document.get("weeks", [{"week": document.get("week", {})}])
        self.weeks = [
            (
                week.get("from", "0000-00-00"),
                [self.windows_of(week["week"].get(day, [])) for day in DAYS_OF_WEEK],
            )
            for week in weeks
        ]
        self.holidays = set(document.get("holidays", []))
        self.extra = {
            date: self.windows_of(windows) for date, windows in document.get("extra", {}).items()
        }
        self.known_days = {}

    @staticmethod
    def windows_of(windows):
        """Pairs of seconds of the day."""
        return [tuple(map(second_of_day, pair)) for pair in windows]

    def windows(self, date):
        if date.isoformat() in self.extra:
            return self.extra[date.isoformat()]
        if date.isoformat() in self.holidays:
            return []
        windows = []
        for since, days in self.weeks:
            if since <= date.isoformat():
                windows = days[date.weekday()]
        return windows

    def is_working(self, wall):
        day = wall.toordinal()
        if day not in self.known_days:
            self.known_days[day] = self.windows(wall.date())
        second = wall.hour * 3600 + wall.minute * 60 + wall.second
        return any(start <= second < end for start, end in self.known_days[day])


class Walk:
    """A calendar's instants from begin to end, step by step.

    worked[i] is how many of the first i steps are working time; changes are
    the steps at which the zone's offset becomes another.
    """

    def __init__(self, calendar, begin, end, step=MINUTE):
        self.calendar, self.step = calendar, step
        self.begin = begin - begin % step
        self.end = end + -end % step
        self.changes = []
        self.worked = array("q", accumulate(self.steps(), initial=0))
        self.edges = [
            i
            for i in range(1, len(self.worked) - 1)
            if self.worked[i] - self.worked[i - 1] != self.worked[i + 1] - self.worked[i]
        ]

    def steps(self):
        instant, stride = EPOCH + self.begin * MICROSECOND, self.step * MICROSECOND
        offset = None
        for number in range((self.end - self.begin) // self.step):
            wall = instant.astimezone(self.calendar.zone)
            if wall.utcoffset() != offset:
                if offset is not None:
                    self.changes.append(number)
                    self.check_change(instant, offset)
                offset = wall.utcoffset()
                if offset % stride:
                    raise ValueError(f"walk {self.calendar.zone} by seconds around {instant}")
            yield self.calendar.is_working(wall)
            instant += stride

    def check_change(self, instant, offset):
        """An offset that changes inside a step would be missed."""
        before = (instant - dt.timedelta(seconds=1)).astimezone(self.calendar.zone)
        if before.utcoffset() != offset:
            raise ValueError(f"walk {self.calendar.zone} by seconds around {instant}")

    def count(self, moment):
        """Time worked from begin to moment."""
        number, part = divmod(moment - self.begin, self.step)
        if part and self.worked[number + 1] == self.worked[number]:
            part = 0
        return self.worked[number] * self.step + part

    def measure(self, start, end):
        return self.count(end) - self.count(start)

    def add(self, start, amount):
        """The moment, None when the walk does not reach it."""
        if amount == 0:
            return start
        target = self.count(start) + amount
        if not 0 <= target <= self.worked[-1] * self.step:
            return None
        if amount > 0:
            number = bisect_left(self.worked, -(-target // self.step))
        else:
            number = bisect_right(self.worked, target // self.step) - 1
        return self.begin + number * self.step + target - self.worked[number] * self.step


# Random calendars.


def name_of(*words):
    return "-".join(words).lower().replace("/", "-")


def time_of_day(minute, second=0):
    return f"{minute // 60:02}:{minute % 60:02}" + (f":{second:02}" if second else "")


def random_windows(rng, most=4, seconds=False):
    """Up to `most` windows; the small hours, where clocks change, are likelier."""
    borders = set()
    for _ in range(2 * rng.randint(1, most)):
        kind = rng.random()
        if kind < 0.4:
            borders.add(15 * rng.randint(0, 96))
        elif kind < 0.7:
            borders.add(rng.randint(0, 240))
        elif kind < 0.8:
            borders.add(rng.choice((0, 1440)))
        else:
            borders.add(rng.randint(0, 1440))
    clocks = [
        time_of_day(minute, rng.randint(0, 59) if seconds and minute < 1440 else 0)
        for minute in sorted(borders)
    ]
    windows, i = [], 0
    while i + 1 < len(clocks):
        windows.append(clocks[i : i + 2])
        i += 1 if rng.random() < 0.2 else 2  # a touching window, or a gap
    rng.shuffle(windows)
    return windows


def week_of(windows, days):
    return {day: windows if day in days else [] for day in DAYS_OF_WEEK}


def random_week(rng, kind):
    workdays, weekend = DAYS_OF_WEEK[:5], DAYS_OF_WEEK[5:]
    if kind == "office":
        return week_of([["09:00", "12:00"], ["13:00", "17:30"]], workdays)
    if kind == "always":
        return week_of([["00:00", "24:00"]], DAYS_OF_WEEK)
    if kind == "night":
        return week_of([["00:00", "06:00"], ["22:00", "24:00"]], DAYS_OF_WEEK)
    if kind == "weekend":
        return week_of(random_windows(rng), weekend)
    if kind == "rare":
        minute = rng.randint(0, 1439)
        return week_of([[time_of_day(minute), time_of_day(minute + 1)]], [rng.choice(weekend)])
    if kind == "never":
        return week_of([], [])
    seconds = kind == "seconds"
    days = [day for day in DAYS_OF_WEEK if rng.random() < 0.9]
    return {day: random_windows(rng, 4, seconds) if rng.random() < 0.9 else [] for day in days}


def random_days(rng, dates, share):
    """Dates around those given, and those themselves."""
    days = set()
    for date in dates:
        for distance in range(-15, 16):
            if rng.random() < (0.4 if distance == 0 else share):
                days.add((dt.date.fromisoformat(date) + dt.timedelta(days=distance)).isoformat())
    return sorted(days)


def random_weeks(rng, kind, dates):
    """A week, or several from dates around those given on."""
    since = sorted(random_days(rng, dates, 0.02)) if rng.random() < 0.4 else []
    weeks = [{"week": random_week(rng, kind)}]
    weeks += [{"from": date, "week": random_week(rng, kind)} for date in since]
    if not since:
        return {"week": weeks[0]["week"]}
    return {"weeks": weeks[1:] if rng.random() < 0.2 else weeks}


def random_calendar(rng, number, zone, kind, dates):
    holidays = random_days(rng, dates, 0.1)
    extra = random_days(rng, dates, 0.4 if kind == "never" else 0.06)
    extra += rng.sample(holidays, len(holidays) // 4)
    empty, seconds = 0.1 if kind == "never" else 0.3, kind == "seconds"
    return {
        "name": name_of(zone, kind, str(number)),
        "zone": zone,
        **random_weeks(rng, kind, dates),
        "holidays": holidays,
        "extra": {
            day: random_windows(rng, 4, seconds) if rng.random() > empty else [] for day in extra
        },
    }


# Dates to walk around: mostly those on which a zone's offset changes.
AROUND = {
    "Africa/Cairo": ["2014-05-16", "2023-04-28", "2023-10-27"],
    "Africa/Casablanca": ["2018-06-17", "2018-10-28", "2024-04-14", "2060-02-02"],
    "America/Caracas": ["2007-12-09", "2016-05-01"],
    "America/Havana": ["2024-03-10", "2024-11-03"],
    "America/New_York": ["1942-02-09", "1974-01-06", "2024-03-10", "2024-11-03", "2500-03-14"],
    "America/Nuuk": ["2023-03-26", "2024-03-31", "2024-10-27"],
    "America/Sao_Paulo": ["2013-10-20", "2018-02-18", "2018-11-04"],
    "America/St_Johns": ["1988-04-03", "1988-10-30", "2006-10-29"],
    "Antarctica/Casey": ["2010-03-05", "2018-03-11"],
    "Antarctica/Troll": ["2005-03-27", "2024-03-31", "2024-10-27"],
    "Asia/Gaza": ["2011-08-01", "2024-04-20"],
    "Asia/Kathmandu": ["1986-01-01", "2024-05-01"],
    "Asia/Pyongyang": ["2015-08-15", "2018-05-05"],
    "Asia/Shanghai": ["1940-06-01", "1986-05-04", "1988-09-11", "1991-09-15", "2026-10-01"],
    "Asia/Tehran": ["2008-03-21", "2022-03-22", "2022-09-22"],
    "Australia/Lord_Howe": ["1985-10-27", "2024-04-07", "2024-10-06", "2400-04-02"],
    "Europe/Berlin": ["1945-05-24", "1980-04-06", "2024-03-31", "2024-10-27", "9998-03-29"],
    "Europe/Dublin": ["1968-10-27", "1971-10-31", "2024-03-31", "2024-10-27"],
    "Europe/London": ["1941-05-04", "1947-04-13", "2024-10-27"],
    "Pacific/Apia": ["2011-12-30", "2012-04-01", "2021-04-04"],
    "Pacific/Kiritimati": ["1994-12-31"],
    "Pacific/Kwajalein": ["1969-10-01", "1993-08-21"],
    "UTC": ["0001-01-20", "1969-12-31", "2000-01-01", "2024-02-29", "9999-12-15"],
}
DAYS_AROUND = 12

# Where offsets have seconds: as AROUND, walked by seconds.
AROUND_BY_SECONDS = {
    "Africa/Monrovia": ["1972-01-07"],
    "America/Juneau": ["1867-10-18"],
    "America/New_York": ["0001-01-20", "1883-11-18"],
    "Asia/Shanghai": ["1901-01-01"],
    "Europe/Berlin": ["1893-04-01"],
    "Europe/Dublin": ["1916-05-21", "1916-10-01"],
}
DAYS_AROUND_BY_SECONDS = 2

# Walked from one date to another.
STRETCHES = {
    "Africa/Casablanca": ["2018-01-01", "2020-01-01"],
    "America/New_York": ["2006-01-01", "2008-01-01"],
    "Europe/Dublin": ["1968-01-01", "1970-01-01"],
}

KINDS = ("random", "always", "random", "office", "night", "random", "weekend", "rare", "never")


def around(dates, days):
    first, last = midnight("0001-01-02"), midnight("9999-12-30")
    for date in dates:
        yield max(midnight(date) - days * DAY, first), min(midnight(date) + days * DAY, last)


def random_plans(rng):
    """Documents, each with what to walk: spans of time, and a step."""
    number = 0
    for zone, dates in AROUND.items():
        for kind in ("random", KINDS[number // 2 % len(KINDS)]):
            number += 1
            document = random_calendar(rng, number, zone, kind, dates)
            yield document, list(around(dates, DAYS_AROUND)), MINUTE
    for zone, dates in AROUND_BY_SECONDS.items():
        number += 1
        document = random_calendar(rng, number, zone, "seconds", dates)
        yield document, list(around(dates, DAYS_AROUND_BY_SECONDS)), SECOND
    for zone, dates in STRETCHES.items():
        number += 1
        document = random_calendar(rng, number, zone, "random", dates)
        yield document, [tuple(map(midnight, dates))], MINUTE


# Random cases.

BESIDE = (0, 0, 0, 1, -1, SECOND, -SECOND, 17 * SECOND + 250_001, MINUTE, -MINUTE)


def random_moment(rng, walk):
    kind = rng.random()
    if kind < 0.4 and walk.edges:
        moment = walk.begin + rng.choice(walk.edges) * walk.step + rng.choice(BESIDE)
    elif kind < 0.7 and walk.changes:
        moment = walk.begin + rng.choice(walk.changes) * walk.step
        minutes = rng.choice((120, 1560))
        moment += rng.randint(-minutes, minutes) * MINUTE + rng.choice(BESIDE)
    else:
        moment = rng.randrange(walk.begin, walk.end)
        moment -= moment % rng.choice((1, SECOND, MINUTE))
    return min(max(moment, walk.begin), walk.end - 1)


def interval(rng, amount):
    if rng.random() < 0.2:
        days = rng.randint(-3, 3) + amount // DAY
        return f"{days} days {amount - days * DAY} microseconds"
    return f"{amount} microseconds"


def measure_line(name, start, end, worked):
    return {
        "name": name,
        "from": text_of(start),
        "to": text_of(end),
        "worked": f"{worked} microseconds",
    }


def addition_line(name, start, amount, moment):
    return {"name": name, "from": text_of(start), "amount": amount, "moment": text_of(moment)}


def random_case(rng, walk):
    name, start, end = walk.calendar.name, random_moment(rng, walk), random_moment(rng, walk)
    if rng.random() < 0.2:  # close by, often within a minute
        end = min(max(start + int(rng.gauss(0, 2 * MINUTE)), walk.begin), walk.end - 1)
    amount = walk.measure(start, end)
    if rng.random() < 0.5:
        return measure_line(name, start, end, amount)
    return addition_line(name, start, interval(rng, amount), walk.add(start, amount))


# Over thousands of years, days are counted instead: 09:00 to 17:00 on workdays,
# in zones whose offset never changes at such a time.

PLAIN_ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
PLAIN_LENGTH = 8 * HOUR
FIRST_DAY, LAST_DAY = dt.date(1, 1, 2).toordinal(), dt.date(9999, 12, 29).toordinal()


class PlainMoment:
    """A moment of a day (1 is 0001-01-01, a Monday), and the time worked before it."""

    def __init__(self, zone, day, since_nine):
        wall = dt.datetime.fromordinal(day) + dt.timedelta(hours=9) + since_nine * MICROSECOND
        self.moment = (wall.replace(tzinfo=zone) - EPOCH) // MICROSECOND
        weeks, weekday = divmod(day - 1, 7)
        self.worked = (5 * weeks + min(weekday, 5)) * PLAIN_LENGTH
        if weekday < 5:
            self.worked += min(max(since_nine, 0), PLAIN_LENGTH)


def plain_cases(rng, document, count):
    name, zone = document["name"], zoneinfo.ZoneInfo(document["zone"])
    for _ in range(count):
        start, end = (
            PlainMoment(zone, rng.randint(FIRST_DAY, LAST_DAY), rng.randint(-HOUR, 9 * HOUR))
            for _ in range(2)
        )
        yield measure_line(name, start.moment, end.moment, end.worked - start.worked)
        day = rng.randint(FIRST_DAY, LAST_DAY)
        if (day - 1) % 7 < 5:
            end = PlainMoment(zone, day, rng.randint(1, PLAIN_LENGTH - 1))
            amount = interval(rng, end.worked - start.worked)
            yield addition_line(name, start.moment, amount, end.moment)


def plain_document(zone):
    week = week_of([["09:00", "17:00"]], DAYS_OF_WEEK[:5])
    return {"name": name_of(zone, "plain"), "zone": zone, "week": week, "holidays": [], "extra": {}}


def generate(seed, count):
    rng = random.Random(seed)
    plans = list(random_plans(rng))
    each = -(-count // sum(len(spans) for _, spans, _ in plans))
    for document, spans, step in plans:
        yield {"calendar": document}
        calendar = Calendar(document)
        for begin, end in spans:
            walk = Walk(calendar, begin, end, step)
            for _ in range(each):
                yield random_case(rng, walk)
    for zone in PLAIN_ZONES:
        document = plain_document(zone)
        yield {"calendar": document}
        yield from plain_cases(rng, document, each)


# Questions.


def amount_of(text):
    """An amount written as `3 days -5 microseconds`."""
    units = {"day": DAY, "hour": HOUR, "minute": MINUTE, "second": SECOND, "microsecond": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(-?\d+) ([a-z]+?)s?\b", text))


def answer(calendar, question):
    start, step = moment_of(question["from"]), question.get("step", 60) * SECOND
    if "to" in question:
        end = moment_of(question["to"])
        walk = Walk(calendar, min(start, end), max(start, end), step)
        return {**question, "worked": f"{walk.measure(start, end)} microseconds"}
    reach = question.get("days", 10) * DAY
    walk = Walk(calendar, start - reach, start + reach, step)
    moment = walk.add(start, amount_of(question["amount"]))
    return {**question, "moment": moment if moment is None else text_of(moment)}


def answer_all(lines):
    calendars = {}
    for line in map(json.loads, lines):
        if "calendar" in line:
            calendars[line["calendar"]["name"]] = Calendar(line["calendar"])
        else:
            yield answer(calendars[line["name"]], line)


def main():
    if len(sys.argv) == 3:
        lines = generate(int(sys.argv[1]), int(sys.argv[2]))
    elif len(sys.argv) == 1:
        lines = answer_all(sys.stdin)
    else:
        sys.exit("usage: working_time.py [SEED CASES]")
    for line in lines:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
