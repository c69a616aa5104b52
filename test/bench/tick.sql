-- The engine's benchmark, by parts. A part makes its own data, so any can run alone; variables
-- and their defaults are at its top. At the end all figures, with what they are to hold to.
\if :{?part} \else \set part all \endif
\if :{?runs} \else \set runs 5 \endif
\if :{?due} \else \set due 100000 \endif
\if :{?spread} \else \set spread clustered \endif
\if :{?open}
	\set rate_open :open
	\set checkpoint_open :open
	\set jit_open :open
	\set empty_open :open
	\set shapes_open :open
\endif
\pset pager off
SET client_min_messages = warning;

SELECT bool_or(p = 'rate') AS rate, bool_or(p = 'checkpoint') AS checkpoint, bool_or(p = 'jit') AS jit,
	bool_or(p = 'history') AS history, bool_or(p = 'shapes') AS shapes, bool_or(p = 'empty') AS empty,
	bool_or(p = 'curve') AS curve, bool_or(p = 'all') AS all_parts,
	bool_and(p IN ('all', 'rate', 'checkpoint', 'jit', 'history', 'shapes', 'empty', 'curve')) AS known
FROM unnest(string_to_array(:'part', ',')) AS p \gset
\if :known \else
	\warn There is no such part: :part
	SELECT 1 / 0;
\endif
\if :all_parts
	\set rate on
	\set checkpoint on
	\set jit on
	\set history on
	\set shapes on
	\set empty on
	\set curve on
\endif

CREATE EXTENSION pg_incident;
\ir report.sql
\ir plain.sql
SELECT version() AS server, current_setting('shared_buffers') AS shared_buffers, current_setting('wal_level') AS wal_level,
	current_setting('full_page_writes') AS full_page_writes, current_setting('fsync') AS fsync, current_setting('jit') AS jit;
\if :rate
	\ir tick/rate.sql
\endif
\if :checkpoint
	\ir tick/checkpoint.sql
\endif
\if :jit
	\ir tick/jit.sql
\endif
\if :history
	\ir tick/history.sql
\endif
\if :shapes
	\ir tick/shapes.sql
\endif
\if :empty
	\ir tick/empty.sql
\endif
\if :curve
	\ir tick/curve.sql
\endif

\echo
\echo All figures, :runs runs, :spread
SELECT * FROM report.summary;
