#!/usr/bin/python3
"""Adds the days off in iCalendar files to a calendar document of pg_incident.

    ics_to_calendar.py [OPTION…] DOCUMENT FIRST_YEAR LAST_YEAR FILE.ics… > NEW_DOCUMENT

    --list         print the days off with their names, and no document
    --observances  take observances too, which are no public holidays

Days off are the all-day events of these years, repeated ones as often as they come:
dates, and moments from midnight to midnight, as Outlook writes them. Events with a time
of day and cancelled ones are left out, and so are observances: events that are called so
in their categories or in the first line of their description. The document's own holidays
stay. What cannot be read or is not supported is an error that names the event, and so is
a file without a day off in these years. Needs python3-recurring-ical-events.
"""
import datetime
import json
import sys
import zoneinfo

import icalendar
import recurring_ical_events

DAY = datetime.timedelta(days=1)
MIDNIGHT = datetime.time()
OPTIONS = {"--list", "--observances"}
RULE_LIMITS = {
    "INTERVAL": 2**31,
    "COUNT": 2**31,
    "BYMONTH": 12,
    "BYMONTHDAY": 31,
    "BYYEARDAY": 366,
    "BYWEEKNO": 53,
    "BYSETPOS": 366,
}
RULE_KEYS = {"FREQ", "UNTIL", "BYDAY", "WKST", *RULE_LIMITS}
FREQUENCIES = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}


class Refused(Exception):
    pass


def values_of(event, key):
    """All that an event has under a key."""
    value = event.get(key, [])
    return value if isinstance(value, list) else [value]


def name_of(event):
    return str(event.get("SUMMARY", event.get("UID", "without a name")))


def is_cancelled(event):
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def is_observance(event):
    lines = str(event.get("DESCRIPTION", "")).strip().splitlines()[:1]
    for categories in values_of(event, "CATEGORIES"):
        lines += [str(category) for category in categories.cats]
    return any(line.strip().casefold() in ("observance", "observances") for line in lines)


def check_rule(rule):
    for key, values in rule.items():
        if key not in RULE_KEYS:
            raise Refused(f"{key} in RRULE is not supported")
        for value in values if key in RULE_LIMITS else ():
            if not 1 <= abs(value) <= RULE_LIMITS[key]:
                raise Refused(f"RRULE has {key}={value}")
    if [str(frequency).upper() for frequency in rule.get("FREQ", [])][0] not in FREQUENCIES:
        raise Refused(f"FREQ={rule['FREQ'][0]} in RRULE is not supported")


def check_values(event):
    """Refuses what has no time, or several."""
    for key, problem in event.errors:
        raise Refused(f"{key} cannot be read: {problem}")
    for key in ("DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS"):
        if len(values_of(event, key)) > 1:
            raise Refused(f"has {key} more than once")
    if "DTSTART" not in event:
        raise Refused("has no DTSTART")
    if "DTEND" in event:
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        if isinstance(start, datetime.datetime) != isinstance(end, datetime.datetime):
            raise Refused("begins with a date and ends with a time of day, or the other way round")
        if end < start:
            raise Refused("ends before it begins")


def check_repetition(event):
    """Refuses what the library would pass over, or fail on without saying where."""
    if "EXRULE" in event:
        raise Refused("EXRULE is not supported")
    if "RECURRENCE-ID" in event and "RANGE" in event["RECURRENCE-ID"].params:
        raise Refused("RANGE in RECURRENCE-ID is not supported")
    for dates in values_of(event, "RDATE"):
        if any(isinstance(date.dt, tuple) for date in dates.dts):
            raise Refused("a period in RDATE is not supported")
    if "RRULE" in event:
        check_rule(event["RRULE"])


def wall(moment, zone):
    """The clock on the wall; that of the calendar's zone, if it has one, for one in UTC."""
    if zone is not None and moment.tzinfo is not None and moment.tzname() == "UTC":
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)


def all_day(event, zone):
    """The first and last day of an all-day event; None when it has a time of day."""
    start = event["DTSTART"].dt
    if "DTEND" in event:
        end = event["DTEND"].dt
    else:
        end = start + event["DURATION"].dt if "DURATION" in event else start
    if isinstance(start, datetime.datetime):
        said = str(event.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).strip().upper() == "TRUE"
        start, end = wall(start, zone), wall(end, zone)
        if start.time() != MIDNIGHT or end.time() != MIDNIGHT or (start == end and not said):
            if said:
                raise Refused(f"is to take the whole day and goes from {start} to {end}")
            return None
        start, end = start.date(), end.date()
    return start, max(end - DAY, start)


def alone(calendar, events):
    """A calendar of these events and the zones of another."""
    part = icalendar.Calendar()
    for key in ("VERSION", "PRODID", "X-WR-TIMEZONE"):
        if key in calendar:
            part[key] = calendar[key]
    for component in [*calendar.walk("VTIMEZONE"), *events]:
        part.add_component(component)
    return part


def days_of(calendar, events, years, zone):
    """The days of an event, with its exceptions, in some years: dates and events."""
    for event in events:
        check_values(event)
    if all(all_day(event, zone) is None for event in events):
        return
    for event in events:
        check_repetition(event)
    of = recurring_ical_events.of(alone(calendar, events))
    for event in of.between((years[0], 1, 1), (years[1] + 1, 1, 1)):
        if is_cancelled(event) or (days := all_day(event, zone)) is None:
            continue
        for number in range((days[1] - days[0]).days + 1):
            date = days[0] + number * DAY
            if years[0] <= date.year <= years[1]:
                yield date.isoformat(), event


def read_calendars(path):
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            calendars = icalendar.Calendar.from_ical(file.read(), multiple=True)
    except (OSError, ValueError) as problem:
        raise Refused(problem) from problem
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise Refused("is not a whole iCalendar file")
    return calendars


def days_off(path, years, zone):
    """The days off in a file: dates and events."""
    found = []
    for calendar in read_calendars(path):
        groups = {}
        for number, event in enumerate(calendar.walk("VEVENT")):
            groups.setdefault(str(event.get("UID", number)), []).append(event)
        for events in groups.values():
            try:
                found += days_of(calendar, events, years, zone)
            # The library fails in many ways on what it does not expect.
            except Exception as problem:
                raise Refused(f'event "{name_of(events[0])}" {problem}') from problem
    if not found:
        raise Refused(f"has no day off from {years[0]} to {years[1]}")
    return found


def read_years(words):
    try:
        first, last = (int(word) for word in words)
    except ValueError as problem:
        raise Refused(f"{' and '.join(words)} are not two years") from problem
    if not 1 <= first <= last <= 9998:
        raise Refused(f"the years from {first} to {last} are none")
    return first, last


def zone_of(document):
    """The calendar's zone; None where it counts in that of each organisation."""
    zone = document.get("zone") or "organisation"
    return None if zone == "organisation" else zoneinfo.ZoneInfo(zone)


def print_list(found, taken):
    for date, event in sorted(found, key=lambda item: (item[0], name_of(item[1]))):
        print(date, name_of(event) + ("" if taken(event) else " (observance, left out)"))


def convert(options, path, first, last, *files):
    years = read_years((first, last))
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    zone = zone_of(document)
    found = []
    for name in files:
        try:
            found += days_off(name, years, zone)
        except Refused as problem:
            raise Refused(f"{name}: {problem}") from problem

    def taken(event):
        return "--observances" in options or not is_observance(event)

    if "--list" in options:
        print_list(found, taken)
        return
    dates = {date for date, event in found if taken(event)}
    if not dates:
        raise Refused("there are observances only; --observances takes them")
    document["holidays"] = sorted({*document.get("holidays", []), *dates})
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    print()


def main():
    options = {word for word in sys.argv[1:] if word.startswith("--")}
    words = [word for word in sys.argv[1:] if word not in options]
    if len(words) < 4 or not options <= OPTIONS:
        sys.exit(__doc__)
    try:
        convert(options, *words)
    except (Refused, OSError, ValueError, KeyError) as problem:
        sys.exit(f"ics_to_calendar.py: {problem}")


if __name__ == "__main__":
    main()
