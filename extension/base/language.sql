-- The languages in which people are told something.

-- The language in an argument, en or zh; NULL is that of the setting pg_incident.language.
CREATE FUNCTION incident.language(language text DEFAULT NULL)
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_language';

-- A sentence of the extension in a language.
CREATE FUNCTION incident_internal.in_language(english text, language text)
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_text_in_language';

COMMENT ON FUNCTION incident.language(text) IS
'The language of texts for people: the one named, en or zh; for NULL that of the setting pg_incident.language. Error invalid_parameter_value for any other.';

SELECT incident_internal.allow('look_up', 'language');
