-- All that are open (variable place) become due at once, three times, if that is asked for.
SELECT count(*) > 0 AS asked, max(open) AS open FROM report.point WHERE place = :place AND due = open AND NOT measured \gset
\if :asked
	\set stages :open
	\set run 1
	\ir curve_once.sql
	\set run 2
	\ir curve_once.sql
	\set run 3
	\ir curve_once.sql
	UPDATE report.point SET measured = true WHERE place = :place AND due = open;
\endif
