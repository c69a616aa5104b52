#!/usr/bin/python3
"""Adds the days off in iCalendar files to a calendar document of pg_incident.

    ics_to_calendar.py DOCUMENT FIRST_YEAR LAST_YEAR FILE.ics… > NEW_DOCUMENT

Days off are the all-day events of these years, repeated ones as often as they come;
events with a time of day and cancelled ones are left out. The document's own holidays
stay. Needs python3-recurring-ical-events.
"""
import datetime
import json
import sys

import icalendar
import recurring_ical_events

DAY = datetime.timedelta(days=1)


def days_off(path, first_year, last_year):
    with open(path, "rb") as file:
        calendar = icalendar.Calendar.from_ical(file.read())
    events = recurring_ical_events.of(calendar)
    for event in events.between((first_year, 1, 1), (last_year + 1, 1, 1)):
        start = event["DTSTART"].dt
        if isinstance(start, datetime.datetime) or event.get("STATUS") == "CANCELLED":
            continue
        end = event["DTEND"].dt if "DTEND" in event else start
        for day in range(max((end - start).days, 1)):
            if first_year <= (start + day * DAY).year <= last_year:
                yield (start + day * DAY).isoformat()


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    holidays = set(document.get("holidays", []))
    for path in sys.argv[4:]:
        holidays.update(days_off(path, int(sys.argv[2]), int(sys.argv[3])))
    document["holidays"] = sorted(holidays)
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main()
