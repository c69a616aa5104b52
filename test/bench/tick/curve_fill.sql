-- Fills the database of one size of open (variable place), and comes back.
SELECT format('CREATE DATABASE %I', database) FROM report.point WHERE place = :place LIMIT 1 \gexec
SELECT database, open, (SELECT string_agg(due::text, ',' ORDER BY run, step)
	FROM report.point AS i, generate_series(0, :runs) AS run WHERE i.place = :place AND i.measured) AS stages
FROM report.point WHERE place = :place LIMIT 1 \gset
\connect :database
\pset format unaligned
CREATE EXTENSION pg_incident;
\ir ../plain.sql
\ir ../generate.sql
\ir ../measure.sql
\connect :main
\pset format aligned
