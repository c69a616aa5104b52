"""psycopg 3: parameters are sent to the server, strings without a type."""
from datetime import datetime, timedelta, timezone

# guide: connect
import psycopg
from psycopg.types.json import Jsonb

conn = psycopg.connect(autocommit=True)
# end

from tap import done, is_, ok, raises

detected = datetime(2026, 1, 5, 8, 30, tzinfo=timezone.utc)

# guide: open
incident_id, = conn.execute(
    "SELECT incident.open(%s, %s, %s, %s, policy => %s, asset_level => %s, ticket => %s, once => %s)",
    ("db-1", "特别严重", "disk full", detected, "gbz20986", "Ⅰ级", "PY3-1", True),
).fetchone()
# end
is_(type(incident_id), int, "the id is an int")

# guide: read
severity, level, detected_at, closed_at = conn.execute(
    "SELECT severity, event_level, detected_at, closed_at FROM incident.incident_history WHERE incident_id = %s",
    (incident_id,),
).fetchone()
# severity == "critical", level == "1": the words of the types, as strings
# end
is_((severity, level), ("critical", "1"), "severity and level are strings")
is_(detected_at, detected, "the moment is the same in another zone")
is_(closed_at, None, "NULL is None")

is_(conn.execute("SELECT incident.open(ticket => %s, severity => %s, once => true)", ("PY3-1", None)).fetchone(),
    (incident_id,), "once, with a NULL severity")
is_(conn.execute("SELECT incident.find(%s), incident.find(%s)", ("PY3-1", "nothing")).fetchone(),
    (incident_id, None), "find")

# guide: look up
event, response, time = conn.execute(
    "SELECT incident.event_level(%s, %s, %s), incident.response_level(%s, %s, %s, %s), incident.processing_time(%s, %s)",
    ("eport", "3", "中等", "eport", "3", "moderate", timedelta(hours=5), "eport", "3"),
).fetchone()
# end
is_((event, response, time), ("3", "2", timedelta(hours=8)), "look-ups, with and to a timedelta")
is_(conn.execute("SELECT incident.event_level('gravity-3', %s, %s)", (None, "重大")).fetchone(), ("2",), "an asset level of None")

# guide: arrays and JSON
conn.execute("SELECT incident.assess(%s, forget => %s)", (incident_id, ["severity"]))
audience, = conn.execute("SELECT audience FROM incident.quick_reference('eport') WHERE audience IS NOT NULL LIMIT 1").fetchone()
courses = conn.execute(
    "SELECT at, kind, level, detail FROM incident.simulate(%s, %s, %s, %s, %s, %s)",
    ("gravity-3", None, "一般", detected, detected + timedelta(days=1),
     Jsonb([{"at": "2026-01-05T09:00Z", "kind": "assessed", "severity": "重大"}])),
).fetchall()
# end
is_(conn.execute("SELECT severity FROM incident.open_incidents WHERE incident_id = %s", (incident_id,)).fetchone(),
    (None,), "a list is an array")
is_(type(audience), list, "text[] is a list")
is_([row[1] for row in courses][:4], ["opened", "graded", "assessed", "graded"], "jsonb as a parameter")
is_(courses[2][3], {"severity": "severe"}, "jsonb is a dict")

# guide: binary
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types import TypeInfo


class SeverityLoader(Loader):
    format = Format.BINARY
    words = [None, "informational", "minor", "moderate", "severe", "critical"]

    def load(self, data):
        return self.words[data[0]]


class LevelLoader(Loader):
    format = Format.BINARY
    words = ["none", "9", "8", "7", "6", "5", "4", "3", "2", "1"]

    def load(self, data):
        return self.words[data[0]]


for name, loader in (("incident.severity", SeverityLoader), ("incident.level", LevelLoader)):
    info = TypeInfo.fetch(conn, name)
    info.register(conn)
    conn.adapters.register_loader(info.oid, loader)

binary = conn.cursor(binary=True)
row = binary.execute("SELECT 'critical'::incident.severity, 'none'::incident.level, '{1,9}'::incident.level[]").fetchone()
# row == ("critical", "none", ["1", "9"])
# end
is_(row, ("critical", "none", ["1", "9"]), "binary results, an array of levels among them")
is_(conn.execute("SELECT '{1,9}'::incident.level[]").fetchone(), (["1", "9"],), "the same in text")
for type_, words in (("severity", SeverityLoader.words[1:]), ("level", LevelLoader.words)):
    is_(binary.execute("SELECT array_agg(v ORDER BY v) FROM unnest(%s::incident." + type_ + "[]) AS u(v)", (words,)).fetchone(),
        (words,), "every " + type_ + " in binary")
is_(binary.execute("SELECT incident.open(%s, %s), now(), 'P1'::incident.level::text", ("db-1", "minor")).fetchone()[2], "1",
    "binary results of an opening")
is_(conn.execute("SELECT incident.event_level('gravity-3', %b, %b)", (None, "重大")).fetchone(), ("2",), "binary parameters")
conn.execute("CREATE TEMP TABLE copied (severity incident.severity, level incident.level)")
with conn.cursor().copy("COPY (SELECT 'severe'::incident.severity, 'none'::incident.level) TO STDOUT (FORMAT binary)") as copy:
    data = b"".join(copy)
with conn.cursor().copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
    copy.write(data)
is_(conn.execute("SELECT * FROM copied").fetchone(), ("severe", "none"), "a binary COPY there and back")

error = raises(psycopg.errors.InvalidParameterValue,
               lambda: conn.execute("SELECT incident.open(severity => %s, policy => %s)", ("minor", "gravity-3")))
ok("gravity-3" in str(error) and "特别重大" in error.diag.message_hint, "a refused word, with what the policy takes")

prepared = "SELECT incident.event_level(%s, %s, %s)"
is_([conn.execute(prepared, ("gravity-3", None, word), prepare=True).fetchone()[0] for word in ("重大", "一般", None)],
    ["2", "3", "1"], "prepared")
done()
