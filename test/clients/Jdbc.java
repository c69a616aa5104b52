// JDBC (pgJDBC): a String is sent as varchar.

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Objects;

import org.postgresql.util.PGInterval;
import org.postgresql.util.PSQLException;

public class Jdbc {
    static int count = 0, failures = 0;

    static void is(Object got, Object wanted, String name) {
        boolean same = Objects.deepEquals(got, wanted);
        if (!same)
            failures++;
        System.out.println((same ? "ok " : "not ok ") + ++count + " - " + name);
        if (!same)
            System.out.println("# got " + got + ", wanted " + wanted);
    }

    static final OffsetDateTime DETECTED = OffsetDateTime.parse("2026-01-05T08:30:00Z");

    static void run(String how, String options) throws SQLException {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/"
            + System.getenv("PGDATABASE") + "?user=" + System.getenv("PGUSER") + options;
        String ticket = "JDBC " + how;
        long incident;

        try (Connection connection = DriverManager.getConnection(url)) {
            // guide: open
            try (PreparedStatement open = connection.prepareStatement(
                    "SELECT incident.open(?, ?, detected_at => ?, policy => ?, asset_level => ?, ticket => ?, once => ?)")) {
                open.setString(1, "db-1");
                open.setString(2, "特别严重");
                open.setObject(3, DETECTED);
                open.setString(4, "gbz20986");
                open.setString(5, "Ⅰ级");
                open.setString(6, ticket);
                open.setBoolean(7, true);
                try (ResultSet row = open.executeQuery()) {
                    row.next();
                    incident = row.getLong(1);
                }
            }
            // end

            // guide: read
            try (PreparedStatement read = connection.prepareStatement(
                    "SELECT severity, event_level, detected_at, closed_at FROM incident.incident_history WHERE incident_id = ?")) {
                read.setLong(1, incident);
                try (ResultSet row = read.executeQuery()) {
                    row.next();
                    String severity = row.getString("severity");       // critical
                    String level = row.getString("event_level");       // 1
                    OffsetDateTime detected = row.getObject("detected_at", OffsetDateTime.class);
                    OffsetDateTime closed = row.getObject("closed_at", OffsetDateTime.class);   // null
                    is(severity + " " + level, "critical 1", how + ": severity and level are strings");
                    is(detected.toInstant(), DETECTED.toInstant(), how + ": the moment is the same in another zone");
                    is(closed, null, how + ": NULL is null");
                }
            }
            // end

            try (PreparedStatement once = connection.prepareStatement(
                    "SELECT incident.open(ticket => ?, severity => ?, once => true), incident.find(?), incident.find(?)")) {
                once.setString(1, ticket);
                once.setNull(2, Types.VARCHAR);
                once.setString(3, ticket);
                once.setString(4, "nothing");
                ResultSet row = once.executeQuery();
                row.next();
                is(row.getLong(1), incident, how + ": once, with a NULL severity");
                is(row.getLong(2), incident, how + ": find");
                is(row.getObject(3), null, how + ": find of nothing");
            }

            // guide: look up
            try (PreparedStatement levels = connection.prepareStatement(
                    "SELECT incident.event_level(?, ?, ?), incident.response_level('eport', ?, ?, ?), incident.processing_time(?, ?)")) {
                levels.setString(1, "gravity-3");
                levels.setNull(2, Types.VARCHAR);
                levels.setString(3, "重大");
                levels.setString(4, "3");
                levels.setString(5, "moderate");
                levels.setObject(6, new PGInterval("5 hours"));
                levels.setString(7, "gravity-3");
                levels.setString(8, "一般");
                // end
                for (int i = 0; i < 8; i++) {
                    ResultSet row = levels.executeQuery();
                    row.next();
                    if (i % 7 == 0) {
                        is(row.getString(1) + row.getString(2), "22", how + ": look-ups, call " + (i + 1));
                        is(((PGInterval) row.getObject(3)).getHours(), 120, how + ": an interval");
                    }
                }
            }

            // guide: arrays and JSON
            try (PreparedStatement assess = connection.prepareStatement("SELECT incident.assess(?, forget => ?)")) {
                assess.setLong(1, incident);
                assess.setArray(2, connection.createArrayOf("text", new String[] {"severity"}));
                assess.execute();
            }
            try (PreparedStatement simulate = connection.prepareStatement(
                    "SELECT kind, level, detail FROM incident.simulate(?, ?, ?, ?, ?, ?::jsonb) WHERE kind = 'assessed'")) {
                simulate.setString(1, "gravity-3");
                simulate.setNull(2, Types.VARCHAR);
                simulate.setString(3, "一般");
                simulate.setObject(4, DETECTED);
                simulate.setObject(5, DETECTED.plusDays(1));
                simulate.setString(6, "[{\"at\": \"2026-01-05T09:00Z\", \"kind\": \"assessed\", \"severity\": \"重大\"}]");
                try (ResultSet row = simulate.executeQuery()) {
                    row.next();
                    is(row.getString("detail"), "{\"severity\": \"severe\"}", how + ": jsonb");
                }
            }
            // end
            try (ResultSet row = connection.createStatement().executeQuery(
                    "SELECT audience, ARRAY[event_level, 'none']::text[], ARRAY[event_level, 'none'], ('critical'::incident.severity)"
                    + " FROM incident.quick_reference('eport') WHERE event_level = '1' AND audience IS NOT NULL LIMIT 1")) {
                row.next();
                is(((String[]) row.getArray(1).getArray()).length > 0, true, how + ": text[]");
                is(Arrays.asList((String[]) row.getArray(2).getArray()), Arrays.asList("1", "none"), how + ": levels as text[]");
                is(row.getString(3), "{1,none}", how + ": level[] as a string");
                is(row.getObject(4).toString(), "critical", how + ": a severity as an object");
            }
            try (PreparedStatement refused = connection.prepareStatement("SELECT incident.open(severity => ?, policy => ?)")) {
                refused.setString(1, "minor");
                refused.setString(2, "gravity-3");
                refused.executeQuery();
            } catch (PSQLException problem) {
                is(problem.getSQLState() + " " + problem.getServerErrorMessage().getHint().contains("特别重大"), "22023 true",
                    how + ": a refused word, with what the policy takes");
            }
        }
    }

    public static void main(String[] arguments) throws SQLException {
        run("as it is", "");
        run("binary from the first call", "&prepareThreshold=-1&binaryTransfer=true");
        run("without types", "&stringtype=unspecified");
        run("simple", "&preferQueryMode=simple");
        System.out.println("1.." + count);
        System.exit(failures > 0 ? 1 : 0);
    }
}
