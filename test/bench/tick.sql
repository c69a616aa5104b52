\pset pager off
SET client_min_messages = warning;
\if :{?runs} \else \set runs 5 \endif
\if :{?part} \else \set part all \endif
\if :{?spread} \else \set spread clustered \endif
CREATE EXTENSION pg_incident;
\ir report.sql
\ir tick/rate.sql
SELECT * FROM report.summary;
