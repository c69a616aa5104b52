#!/usr/bin/env python3
"""Who is told for a post, and by which channels, to compare directories with.

    directory.py SEED DIRECTORIES    random directories and what docs/reference/contact.md says of them

Deputies and posts are followed one by one, and quiet hours are walked through minute by minute on
the wall clock. Who is on call is for roster.py: rosters here have one layer, with turns of hours in
UTC.

Output is JSON, a line a directory: {"document", "posts": [{"post", "at", "told": [[contact, via,
post], …]}], "contacts": [{"contact", "mark", "response", "at", "routes": [[rank, channel, address,
masked, not_before], …]}]}.
"""

import datetime as dt
import json
import random
import sys
import zoneinfo

from roster import CHANGES, MINUTE, UTC, ZONES, clock

ORGANISATION_ZONE = "Pacific/Chatham"
NAMES = ["ann", "bob", "cyd", "dan", "eve", "fay", "gil"]
POSTS = ["p", "q", "r", "s", "t"]
MARKS = ["clear", "green", "amber", "amber+strict", "red"]
LEVELS = ["none", "9", "8", "7", "6", "5", "4", "3", "2", "1"]
BEGINNING = dt.datetime(2030, 1, 7, tzinfo=UTC)


def maybe(rng, share, value):
    return value if rng.random() < share else None


def without_none(values):
    return {key: value for key, value in values.items() if value is not None}


def random_windows(rng):
    times = sorted(rng.sample(range(0, 1441, 15), 4))
    if rng.random() < 0.4:
        times[0], times[3] = 0, 1440
    if rng.random() < 0.1:
        times[1] = times[2]
    windows = [[clock(times[0]), clock(times[1])], [clock(times[2]), clock(times[3])]]
    rng.shuffle(windows)
    return windows[: rng.choice((1, 2, 2))]


def random_contact(rng, name, names):
    quiet = {"windows": random_windows(rng)} | without_none({"unless_response": maybe(rng, 0.7, rng.choice(LEVELS))})
    channels = [{"channel": rng.choice(("phone", "email", "text")), "address": f"{name}-{number}"}
                | without_none({"clearance": maybe(rng, 0.5, rng.choice(MARKS))}) for number in range(rng.choice((0, 0, 1, 2, 3)))]
    return without_none({
        "name": name, "zone": maybe(rng, 0.8, rng.choice(ZONES)), "clearance": maybe(rng, 0.5, rng.choice(MARKS)),
        "deputy": maybe(rng, 0.6, rng.choice([other for other in names if other != name])),
        "quiet": maybe(rng, 0.7, quiet), "channels": maybe(rng, 0.9, channels)})


def random_directory(rng):
    names = NAMES[: rng.randint(2, len(NAMES))]
    posts = POSTS[: rng.randint(1, len(POSTS))]
    order = rng.sample(posts, len(posts))
    rosters = [without_none({
        "name": name, "zone": "UTC", "layers": [without_none({
            "members": [rng.choice(names) for _ in range(rng.randint(1, 3))], "turn": f"{rng.choice((1, 7, 24))} hours",
            "from": BEGINNING.strftime("%Y-%m-%d %H:%M"),
            "windows": maybe(rng, 0.6, {"sun": [["06:00", "18:00"]], "tue": [["00:00", "24:00"]]})})]}) for name in ("d", "n")]
    return {
        "contacts": [random_contact(rng, name, names) for name in names],
        # `next` goes on in one order, and so never round in a circle.
        "posts": [without_none({"post": post, "next": maybe(rng, 0.7, rng.choice(order[order.index(post) + 1:] or [None]))})
                  | rng.choice(({}, {"roster": rng.choice("dn")}, {"members": rng.sample(names, rng.randint(0, 2))})) for post in posts],
        "rosters": rosters}


def on_call(roster, at):
    layer = roster["layers"][0]
    hours = int(layer["turn"].split()[0])
    if "windows" in layer:
        windows = layer["windows"].get(at.strftime("%a").lower(), [])
        if not any(since <= at.strftime("%H:%M") < until for since, until in windows):
            return []
    turn = (at - BEGINNING) // dt.timedelta(hours=hours)
    return [layer["members"][turn % len(layer["members"])]]


def stand_in(contacts, name):
    """The contact itself, or the first of the deputies who has a channel."""
    passed = []
    while name is not None and name not in passed:
        if contacts[name].get("channels"):
            return name
        passed.append(name)
        name = contacts[name].get("deputy")
    return None


def told(document, name, at):
    contacts = {contact["name"]: contact for contact in document["contacts"]}
    posts = {post["post"]: post for post in document["posts"]}
    rosters = {roster["name"]: roster for roster in document["rosters"]}
    reached = name
    while reached is not None:
        post = posts[reached]
        found = {}
        direct = [(member, "member") for member in post.get("members", [])]
        if "roster" in post:
            direct = [(holder, "on_call") for holder in on_call(rosters[post["roster"]], at)]
        for holder, via in direct:
            person = stand_in(contacts, holder)
            if person == holder:
                found[person] = via
            elif person is not None:
                found.setdefault(person, "deputy")
        if found:
            return sorted([person, via if reached == name else "next", reached] for person, via in found.items())
        reached = post.get("next")
    return []


def quiet_until(contact, response, at):
    """None when it is not quiet; infinity when it always is."""
    quiet = contact.get("quiet")
    if quiet is None:
        return None
    unless = quiet.get("unless_response")
    if unless is not None and response is not None and LEVELS.index(response) >= LEVELS.index(unless):
        return None
    zone = zoneinfo.ZoneInfo(contact.get("zone", ORGANISATION_ZONE))
    end = at
    while end < at + dt.timedelta(days=4):
        shown = end.astimezone(zone).strftime("%H:%M")
        if not any(since <= shown < until for since, until in quiet["windows"]):
            return end.isoformat() if end > at else None
        end += MINUTE
    return "infinity"


def routes(contact, mark, response, at):
    until = quiet_until(contact, response, at)
    knows = MARKS.index(contact.get("clearance", "amber"))
    return [[rank, channel["channel"], channel["address"],
             mark is not None and MARKS.index(mark) > min(knows, MARKS.index(channel.get("clearance", "red"))), until]
            for rank, channel in enumerate(contact.get("channels", []), 1)]


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        document = random_directory(rng)
        lines = {"document": document, "posts": [], "contacts": []}
        for post in document["posts"]:
            for _ in range(3):
                at = BEGINNING + dt.timedelta(minutes=rng.randrange(400 * 1440))
                lines["posts"].append({"post": post["post"], "at": at.isoformat(), "told": told(document, post["post"], at)})
        for contact in document["contacts"]:
            for _ in range(3):
                at = rng.choice(CHANGES) + dt.timedelta(minutes=rng.randrange(-1440, 2880))
                mark, response = maybe(rng, 0.8, rng.choice(MARKS)), maybe(rng, 0.9, rng.choice(LEVELS))
                lines["contacts"].append({"contact": contact["name"], "mark": mark, "response": response, "at": at.isoformat(),
                                          "routes": routes(contact, mark, response, at)})
        print(json.dumps(lines))


if __name__ == "__main__":
    main()
