-- A part of rights.sql: :open incidents of :organisations, as each of the :logins.
CALL bench.fill(:open, :organisations);
VACUUM ANALYZE;
SELECT format('CALL bench.check(%L)', login), format('CALL bench.measure(%L, %L, %s, %s)', :'part' || ', ' || login, login, :organisations, :runs)
FROM unnest(:'logins'::name[]) AS login \gexec
