--
-- Soft errors of severity, level and rating: a word can be tried without an exception.
-- PostgreSQL 15 has no such thing (types_soft_1.out).
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';

SELECT word, pg_input_is_valid(word, 'incident.severity') AS severity,
	pg_input_is_valid(word, 'incident.level') AS level, pg_input_is_valid(word, 'incident.rating') AS rating
FROM unnest('{critical,提示,1,一级,very low,中等,urgent,10,""}'::text[]) AS word;

SELECT * FROM pg_input_error_info('urgent', 'incident.severity');
SELECT * FROM pg_input_error_info('urgent', 'incident.level');
SELECT * FROM pg_input_error_info('urgent', 'incident.rating');
SELECT sql_error_code, message FROM pg_input_error_info(repeat('提', 1000000), 'incident.level');
SELECT pg_input_is_valid('{1,P2,none}', 'incident.level[]') AS yes, pg_input_is_valid('{1,P2,P0}', 'incident.level[]') AS no;
