"""psqlODBC through pyodbc: strings have no type, moments no zone."""
import json
import os
from datetime import datetime, timedelta, timezone

# guide: connect
import pyodbc

conn = pyodbc.connect(
    "Driver={PostgreSQL Unicode};Server=" + os.environ["PGHOST"] + ";Port=" + os.environ["PGPORT"]
    + ";Database=" + os.environ["PGDATABASE"] + ";Uid=" + os.environ["PGUSER"] + ";BoolsAsChar=0",
    autocommit=True,
)
conn.execute("SET timezone = 'UTC'")    # what a moment without a zone means
# end

from tap import done, is_, ok, raises


def row(sql, *parameters):
    return tuple(conn.execute(sql, *parameters).fetchone())


# guide: open
detected = datetime(2026, 1, 5, 8, 30, tzinfo=timezone.utc)
incident_id, = conn.execute(
    "SELECT incident.open(?, ?, detected_at => ?, policy => ?, asset_level => ?, ticket => ?, once => ?)",
    "db-1", "特别严重", detected.astimezone(timezone.utc).replace(tzinfo=None), "gbz20986", "Ⅰ级", "ODBC-1", True,
).fetchone()
# end
is_(row("SELECT severity, event_level, detected_at, closed_at FROM incident.incident_history WHERE incident_id = ?", incident_id),
    ("critical", "1", detected.replace(tzinfo=None), None), "strings, a moment in UTC, None")
is_(row("SELECT incident.open(ticket => ?, severity => ?, once => true) = incident.find(?)", "ODBC-1", None, "ODBC-1"),
    (True,), "once, with a NULL severity; find")

# guide: look up
levels = conn.execute(
    "SELECT incident.event_level(?, ?, ?), incident.response_level('eport', ?, ?, ?::interval), incident.processing_time(?, ?)::text",
    "gravity-3", None, "重大", "3", "moderate", "5 hours", "gravity-3", "一般",
).fetchone()
# end
is_(tuple(levels), ("2", "2", "120:00:00"), "look-ups")

# guide: arrays and JSON
conn.execute("SELECT incident.assess(?, forget => ?::text[])", incident_id, "{severity}")
course = conn.execute(
    "SELECT kind, level, detail FROM incident.simulate(?, ?, ?, ?::timestamptz, ?::timestamptz, ?::jsonb)",
    "gravity-3", None, "一般", "2026-01-05T08:30Z", "2026-01-06T08:30Z",
    json.dumps([{"at": "2026-01-05T09:00Z", "kind": "assessed", "severity": "重大"}]),
).fetchall()
# end
is_(row("SELECT severity FROM incident.open_incidents WHERE incident_id = ?", incident_id), (None,), "an array as a text")
is_([json.loads(r.detail) for r in course if r.kind == "assessed"], [{"severity": "severe"}], "jsonb as a text")
is_(row("SELECT audience::text, ARRAY[event_level] FROM incident.quick_reference('eport') WHERE event_level = '1' AND audience IS NOT NULL LIMIT 1")[1],
    "{1}", "an array of levels is a text")

cursor = conn.cursor()
is_([cursor.execute("SELECT incident.event_level('gravity-3', NULL, ?)", word).fetchone()[0] for word in ("重大", "一般", None)],
    ["2", "3", "1"], "the same statement again and again")

error = raises(pyodbc.Error, lambda: row("SELECT incident.open(severity => ?, policy => ?)", "minor", "gravity-3"))
ok(error.args[0] == "22023" and "gravity-3" in error.args[1], "a refused word", repr(error.args))
done()
