"""psycopg 2: parameters become literals, so strings have no type."""
from datetime import datetime, timedelta, timezone

# guide: connect
import psycopg2
from psycopg2.extras import Json

conn = psycopg2.connect("")
conn.autocommit = True
cursor = conn.cursor()
# end

from tap import done, is_, ok, raises

detected = datetime(2026, 1, 5, 8, 30, tzinfo=timezone.utc)


def row(sql, parameters=()):
    cursor.execute(sql, parameters)
    return cursor.fetchone()


# guide: open
cursor.execute(
    "SELECT incident.open(%(asset)s, %(severity)s, detected_at => %(detected)s, policy => %(policy)s, asset_level => %(level)s)",
    {"asset": "db-1", "severity": "严重", "detected": detected, "policy": "gbz20986", "level": "1 级"},
)
incident_id, = cursor.fetchone()
# end
is_(row("SELECT asset, severity, asset_level, event_level, detected_at, closed_at FROM incident.incident_history"
        " WHERE incident_id = %s", (incident_id,)),
    ("db-1", "severe", "1", "2", detected, None), "strings, a moment, None")

is_(row("SELECT incident.open(ticket => %s, severity => %s, once => %s) = incident.open(ticket => %s, once => true)",
        ("PY2-1", None, True, "PY2-1")), (True,), "once, with a NULL severity")
is_(row("SELECT incident.event_level(%s, %s, %s), incident.response_level('eport', %s, %s, %s), incident.processing_time(%s, %s)",
        ("gravity-3", None, "重大", "3", "moderate", timedelta(hours=5), "gravity-3", "一般")),
    ("2", "2", timedelta(days=5)), "look-ups, with and to a timedelta")

# guide: arrays and JSON
from psycopg2.extensions import new_array_type, register_type, UNICODE

cursor.execute("SELECT 'incident.level[]'::regtype::oid")
register_type(new_array_type(cursor.fetchone(), "LEVELS", UNICODE), conn)
cursor.execute("SELECT array_agg(DISTINCT event_level) FROM incident.quick_reference(%s)", ("eport",))
levels, = cursor.fetchone()

cursor.execute("SELECT incident.assess(%s, forget => %s)", (incident_id, ["severity"]))
# end
is_(levels, ["none", "3", "2", "1"], "level[] is a list once its array is registered")
is_(row("SELECT severity FROM incident.open_incidents WHERE incident_id = %s", (incident_id,)), (None,), "a list is an array")
is_(row("SELECT detail FROM incident.simulate(%s, %s, %s, %s, %s, %s) WHERE kind = 'assessed'",
        ("gravity-3", None, "一般", detected, detected + timedelta(days=1),
         Json([{"at": "2026-01-05T09:00Z", "kind": "assessed", "severity": "重大"}]))),
    ({"severity": "severe"},), "jsonb as a parameter and as a dict")

error = raises(psycopg2.errors.InvalidParameterValue, lambda: row("SELECT incident.open(severity => %s, policy => %s)", ("minor", "gravity-3")))
ok("特别重大" in error.diag.message_hint, "a refused word, with what the policy takes")
done()
