-- Types: severity, level and rating.
--
-- One byte each, passed by value. The stored byte is the place of the value in the
-- order of its type, so the three share the C functions that compare and hash. Only
-- functions that cannot fail on any value are LEAKPROOF; with that the planner may
-- use an index on these columns below a security barrier.
--
-- Operators, min and max are in pg_catalog, so that everyone can write
-- WHERE response_level = '1' whatever their search_path is, and no search_path can put
-- others in their place.
--
-- A text becomes a value wherever one is wanted, so that a variable or a parameter of a client,
-- which is often a varchar, needs no cast. Never the other way round: with a cast to text that is
-- not written, severity < text would compare texts.


-- severity: the type

CREATE TYPE incident.severity;

CREATE FUNCTION incident_internal.severity_in(cstring) RETURNS incident.severity
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'severity_in';
CREATE FUNCTION incident_internal.severity_out(incident.severity) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'severity_out';
CREATE FUNCTION incident_internal.severity_recv(internal) RETURNS incident.severity
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'severity_recv';
CREATE FUNCTION incident_internal.severity_send(incident.severity) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_send';

CREATE TYPE incident.severity (
    INPUT = incident_internal.severity_in,
    OUTPUT = incident_internal.severity_out,
    RECEIVE = incident_internal.severity_recv,
    SEND = incident_internal.severity_send,
    INTERNALLENGTH = 1,
    PASSEDBYVALUE,
    ALIGNMENT = char,
    STORAGE = plain,
    CATEGORY = 'U'
);

COMMENT ON TYPE incident.severity IS
    'How grave an incident is: informational < minor < moderate < severe < critical';
COMMENT ON FUNCTION incident_internal.severity_in(cstring) IS 'internal: reads a severity';
COMMENT ON FUNCTION incident_internal.severity_out(incident.severity) IS 'internal: writes a severity';
COMMENT ON FUNCTION incident_internal.severity_recv(internal) IS 'internal: reads a severity in binary form';
COMMENT ON FUNCTION incident_internal.severity_send(incident.severity) IS
    'internal: writes a severity in binary form';

-- severity: operators

CREATE FUNCTION incident_internal.severity_lt(incident.severity, incident.severity) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_lt';
CREATE FUNCTION incident_internal.severity_le(incident.severity, incident.severity) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_le';
CREATE FUNCTION incident_internal.severity_eq(incident.severity, incident.severity) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_eq';
CREATE FUNCTION incident_internal.severity_ne(incident.severity, incident.severity) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ne';
CREATE FUNCTION incident_internal.severity_ge(incident.severity, incident.severity) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ge';
CREATE FUNCTION incident_internal.severity_gt(incident.severity, incident.severity) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_gt';

CREATE OPERATOR pg_catalog.< (
    LEFTARG = incident.severity, RIGHTARG = incident.severity, FUNCTION = incident_internal.severity_lt,
    COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR pg_catalog.<= (
    LEFTARG = incident.severity, RIGHTARG = incident.severity, FUNCTION = incident_internal.severity_le,
    COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR pg_catalog.= (
    LEFTARG = incident.severity, RIGHTARG = incident.severity, FUNCTION = incident_internal.severity_eq,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel,
    HASHES, MERGES
);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = incident.severity, RIGHTARG = incident.severity, FUNCTION = incident_internal.severity_ne,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR pg_catalog.>= (
    LEFTARG = incident.severity, RIGHTARG = incident.severity, FUNCTION = incident_internal.severity_ge,
    COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR pg_catalog.> (
    LEFTARG = incident.severity, RIGHTARG = incident.severity, FUNCTION = incident_internal.severity_gt,
    COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

COMMENT ON FUNCTION incident_internal.severity_lt(incident.severity, incident.severity) IS
    'implementation of < operator';
COMMENT ON FUNCTION incident_internal.severity_le(incident.severity, incident.severity) IS
    'implementation of <= operator';
COMMENT ON FUNCTION incident_internal.severity_eq(incident.severity, incident.severity) IS
    'implementation of = operator';
COMMENT ON FUNCTION incident_internal.severity_ne(incident.severity, incident.severity) IS
    'implementation of <> operator';
COMMENT ON FUNCTION incident_internal.severity_ge(incident.severity, incident.severity) IS
    'implementation of >= operator';
COMMENT ON FUNCTION incident_internal.severity_gt(incident.severity, incident.severity) IS
    'implementation of > operator';
COMMENT ON OPERATOR pg_catalog.< (incident.severity, incident.severity) IS 'less than';
COMMENT ON OPERATOR pg_catalog.<= (incident.severity, incident.severity) IS 'less than or equal';
COMMENT ON OPERATOR pg_catalog.= (incident.severity, incident.severity) IS 'equal';
COMMENT ON OPERATOR pg_catalog.<> (incident.severity, incident.severity) IS 'not equal';
COMMENT ON OPERATOR pg_catalog.>= (incident.severity, incident.severity) IS 'greater than or equal';
COMMENT ON OPERATOR pg_catalog.> (incident.severity, incident.severity) IS 'greater than';

-- severity: indexes, sorting, hashing

CREATE FUNCTION incident_internal.severity_cmp(incident.severity, incident.severity) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_cmp';
CREATE FUNCTION incident_internal.severity_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_sortsupport';
CREATE FUNCTION incident_internal.severity_hash(incident.severity) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_hash';
CREATE FUNCTION incident_internal.severity_hash_extended(incident.severity, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
    AS 'MODULE_PATHNAME', 'word_type_hash_extended';

CREATE OPERATOR CLASS incident.severity_ops DEFAULT FOR TYPE incident.severity USING btree AS
    OPERATOR 1 pg_catalog.<,
    OPERATOR 2 pg_catalog.<=,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 pg_catalog.>=,
    OPERATOR 5 pg_catalog.>,
    FUNCTION 1 incident_internal.severity_cmp(incident.severity, incident.severity),
    FUNCTION 2 incident_internal.severity_sortsupport(internal),
    FUNCTION 4 pg_catalog.btequalimage(oid);

CREATE OPERATOR CLASS incident.severity_ops DEFAULT FOR TYPE incident.severity USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 incident_internal.severity_hash(incident.severity),
    FUNCTION 2 incident_internal.severity_hash_extended(incident.severity, bigint);

COMMENT ON FUNCTION incident_internal.severity_cmp(incident.severity, incident.severity) IS
    'internal: btree comparison';
COMMENT ON FUNCTION incident_internal.severity_sortsupport(internal) IS 'internal: btree sort support';
COMMENT ON FUNCTION incident_internal.severity_hash(incident.severity) IS 'internal: hash';
COMMENT ON FUNCTION incident_internal.severity_hash_extended(incident.severity, bigint) IS
    'internal: hash with a seed';

-- severity: min and max

CREATE FUNCTION incident_internal.severity_smaller(incident.severity, incident.severity)
    RETURNS incident.severity
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_smaller';
CREATE FUNCTION incident_internal.severity_larger(incident.severity, incident.severity)
    RETURNS incident.severity
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_larger';

CREATE AGGREGATE pg_catalog.min(incident.severity) (
    SFUNC = incident_internal.severity_smaller, STYPE = incident.severity, COMBINEFUNC = incident_internal.severity_smaller,
    SORTOP = OPERATOR(pg_catalog.<), PARALLEL = SAFE
);
CREATE AGGREGATE pg_catalog.max(incident.severity) (
    SFUNC = incident_internal.severity_larger, STYPE = incident.severity, COMBINEFUNC = incident_internal.severity_larger,
    SORTOP = OPERATOR(pg_catalog.>), PARALLEL = SAFE
);

COMMENT ON FUNCTION incident_internal.severity_smaller(incident.severity, incident.severity) IS
    'the smaller of two';
COMMENT ON FUNCTION incident_internal.severity_larger(incident.severity, incident.severity) IS
    'the larger of two';
COMMENT ON AGGREGATE pg_catalog.min(incident.severity) IS 'the lowest severity';
COMMENT ON AGGREGATE pg_catalog.max(incident.severity) IS 'the highest severity';

-- severity: casts and labels

CREATE FUNCTION incident_internal.severity_from_integer(integer) RETURNS incident.severity
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'severity_from_integer';
CREATE FUNCTION incident_internal.severity_to_integer(incident.severity) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'severity_to_integer';

CREATE CAST (text AS incident.severity) WITH INOUT AS IMPLICIT;
CREATE CAST (character varying AS incident.severity) WITH INOUT AS IMPLICIT;
CREATE CAST (integer AS incident.severity)
    WITH FUNCTION incident_internal.severity_from_integer(integer);
CREATE CAST (incident.severity AS integer)
    WITH FUNCTION incident_internal.severity_to_integer(incident.severity) AS ASSIGNMENT;

CREATE FUNCTION incident.label(value incident.severity, language text DEFAULT 'en') RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'severity_label';

COMMENT ON FUNCTION incident_internal.severity_from_integer(integer) IS
    'the severity that a number stands for';
COMMENT ON FUNCTION incident_internal.severity_to_integer(incident.severity) IS
    'the number that stands for a severity';
COMMENT ON FUNCTION incident.label(incident.severity, text) IS
    'The word for people, in English (en) or Chinese (zh)';


-- level: the type

CREATE TYPE incident.level;

CREATE FUNCTION incident_internal.level_in(cstring) RETURNS incident.level
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'level_in';
CREATE FUNCTION incident_internal.level_out(incident.level) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'level_out';
CREATE FUNCTION incident_internal.level_recv(internal) RETURNS incident.level
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'level_recv';
CREATE FUNCTION incident_internal.level_send(incident.level) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_send';

CREATE TYPE incident.level (
    INPUT = incident_internal.level_in,
    OUTPUT = incident_internal.level_out,
    RECEIVE = incident_internal.level_recv,
    SEND = incident_internal.level_send,
    INTERNALLENGTH = 1,
    PASSEDBYVALUE,
    ALIGNMENT = char,
    STORAGE = plain,
    CATEGORY = 'U'
);

COMMENT ON TYPE incident.level IS
    'How urgent something is: none < 9 < ... < 2 < 1, so that max() is the most urgent; for asset, event and response levels';
COMMENT ON FUNCTION incident_internal.level_in(cstring) IS 'internal: reads a level';
COMMENT ON FUNCTION incident_internal.level_out(incident.level) IS 'internal: writes a level';
COMMENT ON FUNCTION incident_internal.level_recv(internal) IS 'internal: reads a level in binary form';
COMMENT ON FUNCTION incident_internal.level_send(incident.level) IS
    'internal: writes a level in binary form';

-- level: operators

CREATE FUNCTION incident_internal.level_lt(incident.level, incident.level) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_lt';
CREATE FUNCTION incident_internal.level_le(incident.level, incident.level) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_le';
CREATE FUNCTION incident_internal.level_eq(incident.level, incident.level) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_eq';
CREATE FUNCTION incident_internal.level_ne(incident.level, incident.level) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ne';
CREATE FUNCTION incident_internal.level_ge(incident.level, incident.level) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ge';
CREATE FUNCTION incident_internal.level_gt(incident.level, incident.level) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_gt';

CREATE OPERATOR pg_catalog.< (
    LEFTARG = incident.level, RIGHTARG = incident.level, FUNCTION = incident_internal.level_lt,
    COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR pg_catalog.<= (
    LEFTARG = incident.level, RIGHTARG = incident.level, FUNCTION = incident_internal.level_le,
    COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR pg_catalog.= (
    LEFTARG = incident.level, RIGHTARG = incident.level, FUNCTION = incident_internal.level_eq,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel,
    HASHES, MERGES
);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = incident.level, RIGHTARG = incident.level, FUNCTION = incident_internal.level_ne,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR pg_catalog.>= (
    LEFTARG = incident.level, RIGHTARG = incident.level, FUNCTION = incident_internal.level_ge,
    COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR pg_catalog.> (
    LEFTARG = incident.level, RIGHTARG = incident.level, FUNCTION = incident_internal.level_gt,
    COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

COMMENT ON FUNCTION incident_internal.level_lt(incident.level, incident.level) IS
    'implementation of < operator';
COMMENT ON FUNCTION incident_internal.level_le(incident.level, incident.level) IS
    'implementation of <= operator';
COMMENT ON FUNCTION incident_internal.level_eq(incident.level, incident.level) IS
    'implementation of = operator';
COMMENT ON FUNCTION incident_internal.level_ne(incident.level, incident.level) IS
    'implementation of <> operator';
COMMENT ON FUNCTION incident_internal.level_ge(incident.level, incident.level) IS
    'implementation of >= operator';
COMMENT ON FUNCTION incident_internal.level_gt(incident.level, incident.level) IS
    'implementation of > operator';
COMMENT ON OPERATOR pg_catalog.< (incident.level, incident.level) IS 'less than';
COMMENT ON OPERATOR pg_catalog.<= (incident.level, incident.level) IS 'less than or equal';
COMMENT ON OPERATOR pg_catalog.= (incident.level, incident.level) IS 'equal';
COMMENT ON OPERATOR pg_catalog.<> (incident.level, incident.level) IS 'not equal';
COMMENT ON OPERATOR pg_catalog.>= (incident.level, incident.level) IS 'greater than or equal';
COMMENT ON OPERATOR pg_catalog.> (incident.level, incident.level) IS 'greater than';

-- level: indexes, sorting, hashing

CREATE FUNCTION incident_internal.level_cmp(incident.level, incident.level) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_cmp';
CREATE FUNCTION incident_internal.level_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_sortsupport';
CREATE FUNCTION incident_internal.level_hash(incident.level) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_hash';
CREATE FUNCTION incident_internal.level_hash_extended(incident.level, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
    AS 'MODULE_PATHNAME', 'word_type_hash_extended';

CREATE OPERATOR CLASS incident.level_ops DEFAULT FOR TYPE incident.level USING btree AS
    OPERATOR 1 pg_catalog.<,
    OPERATOR 2 pg_catalog.<=,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 pg_catalog.>=,
    OPERATOR 5 pg_catalog.>,
    FUNCTION 1 incident_internal.level_cmp(incident.level, incident.level),
    FUNCTION 2 incident_internal.level_sortsupport(internal),
    FUNCTION 4 pg_catalog.btequalimage(oid);

CREATE OPERATOR CLASS incident.level_ops DEFAULT FOR TYPE incident.level USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 incident_internal.level_hash(incident.level),
    FUNCTION 2 incident_internal.level_hash_extended(incident.level, bigint);

COMMENT ON FUNCTION incident_internal.level_cmp(incident.level, incident.level) IS
    'internal: btree comparison';
COMMENT ON FUNCTION incident_internal.level_sortsupport(internal) IS 'internal: btree sort support';
COMMENT ON FUNCTION incident_internal.level_hash(incident.level) IS 'internal: hash';
COMMENT ON FUNCTION incident_internal.level_hash_extended(incident.level, bigint) IS
    'internal: hash with a seed';

-- level: min and max

CREATE FUNCTION incident_internal.level_smaller(incident.level, incident.level) RETURNS incident.level
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_smaller';
CREATE FUNCTION incident_internal.level_larger(incident.level, incident.level) RETURNS incident.level
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_larger';

CREATE AGGREGATE pg_catalog.min(incident.level) (
    SFUNC = incident_internal.level_smaller, STYPE = incident.level, COMBINEFUNC = incident_internal.level_smaller,
    SORTOP = OPERATOR(pg_catalog.<), PARALLEL = SAFE
);
CREATE AGGREGATE pg_catalog.max(incident.level) (
    SFUNC = incident_internal.level_larger, STYPE = incident.level, COMBINEFUNC = incident_internal.level_larger,
    SORTOP = OPERATOR(pg_catalog.>), PARALLEL = SAFE
);

COMMENT ON FUNCTION incident_internal.level_smaller(incident.level, incident.level) IS 'the smaller of two';
COMMENT ON FUNCTION incident_internal.level_larger(incident.level, incident.level) IS 'the larger of two';
COMMENT ON AGGREGATE pg_catalog.min(incident.level) IS 'the least urgent level';
COMMENT ON AGGREGATE pg_catalog.max(incident.level) IS 'the most urgent level';

-- level: casts and labels

CREATE FUNCTION incident_internal.level_from_integer(integer) RETURNS incident.level
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'level_from_integer';
CREATE FUNCTION incident_internal.level_to_integer(incident.level) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'level_to_integer';

CREATE CAST (text AS incident.level) WITH INOUT AS IMPLICIT;
CREATE CAST (character varying AS incident.level) WITH INOUT AS IMPLICIT;
CREATE CAST (integer AS incident.level)
    WITH FUNCTION incident_internal.level_from_integer(integer);
CREATE CAST (incident.level AS integer)
    WITH FUNCTION incident_internal.level_to_integer(incident.level) AS ASSIGNMENT;

CREATE FUNCTION incident.label(value incident.level, language text DEFAULT 'en') RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'level_label';

COMMENT ON FUNCTION incident_internal.level_from_integer(integer) IS 'the level that a number stands for';
COMMENT ON FUNCTION incident_internal.level_to_integer(incident.level) IS
    'the number that stands for a level';
COMMENT ON FUNCTION incident.label(incident.level, text) IS
    'The word for people, in English (en) or Chinese (zh)';


-- rating: the type

CREATE TYPE incident.rating;

CREATE FUNCTION incident_internal.rating_in(cstring) RETURNS incident.rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rating_in';
CREATE FUNCTION incident_internal.rating_out(incident.rating) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rating_out';
CREATE FUNCTION incident_internal.rating_recv(internal) RETURNS incident.rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rating_recv';
CREATE FUNCTION incident_internal.rating_send(incident.rating) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_send';

CREATE TYPE incident.rating (
    INPUT = incident_internal.rating_in,
    OUTPUT = incident_internal.rating_out,
    RECEIVE = incident_internal.rating_recv,
    SEND = incident_internal.rating_send,
    INTERNALLENGTH = 1,
    PASSEDBYVALUE,
    ALIGNMENT = char,
    STORAGE = plain,
    CATEGORY = 'U'
);

COMMENT ON TYPE incident.rating IS
    'A rating from 1 (very low) to 5 (very high)';
COMMENT ON FUNCTION incident_internal.rating_in(cstring) IS 'internal: reads a rating';
COMMENT ON FUNCTION incident_internal.rating_out(incident.rating) IS 'internal: writes a rating';
COMMENT ON FUNCTION incident_internal.rating_recv(internal) IS 'internal: reads a rating in binary form';
COMMENT ON FUNCTION incident_internal.rating_send(incident.rating) IS
    'internal: writes a rating in binary form';

-- rating: operators

CREATE FUNCTION incident_internal.rating_lt(incident.rating, incident.rating) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_lt';
CREATE FUNCTION incident_internal.rating_le(incident.rating, incident.rating) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_le';
CREATE FUNCTION incident_internal.rating_eq(incident.rating, incident.rating) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_eq';
CREATE FUNCTION incident_internal.rating_ne(incident.rating, incident.rating) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ne';
CREATE FUNCTION incident_internal.rating_ge(incident.rating, incident.rating) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ge';
CREATE FUNCTION incident_internal.rating_gt(incident.rating, incident.rating) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_gt';

CREATE OPERATOR pg_catalog.< (
    LEFTARG = incident.rating, RIGHTARG = incident.rating, FUNCTION = incident_internal.rating_lt,
    COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR pg_catalog.<= (
    LEFTARG = incident.rating, RIGHTARG = incident.rating, FUNCTION = incident_internal.rating_le,
    COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR pg_catalog.= (
    LEFTARG = incident.rating, RIGHTARG = incident.rating, FUNCTION = incident_internal.rating_eq,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel,
    HASHES, MERGES
);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = incident.rating, RIGHTARG = incident.rating, FUNCTION = incident_internal.rating_ne,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR pg_catalog.>= (
    LEFTARG = incident.rating, RIGHTARG = incident.rating, FUNCTION = incident_internal.rating_ge,
    COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR pg_catalog.> (
    LEFTARG = incident.rating, RIGHTARG = incident.rating, FUNCTION = incident_internal.rating_gt,
    COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

COMMENT ON FUNCTION incident_internal.rating_lt(incident.rating, incident.rating) IS
    'implementation of < operator';
COMMENT ON FUNCTION incident_internal.rating_le(incident.rating, incident.rating) IS
    'implementation of <= operator';
COMMENT ON FUNCTION incident_internal.rating_eq(incident.rating, incident.rating) IS
    'implementation of = operator';
COMMENT ON FUNCTION incident_internal.rating_ne(incident.rating, incident.rating) IS
    'implementation of <> operator';
COMMENT ON FUNCTION incident_internal.rating_ge(incident.rating, incident.rating) IS
    'implementation of >= operator';
COMMENT ON FUNCTION incident_internal.rating_gt(incident.rating, incident.rating) IS
    'implementation of > operator';
COMMENT ON OPERATOR pg_catalog.< (incident.rating, incident.rating) IS 'less than';
COMMENT ON OPERATOR pg_catalog.<= (incident.rating, incident.rating) IS 'less than or equal';
COMMENT ON OPERATOR pg_catalog.= (incident.rating, incident.rating) IS 'equal';
COMMENT ON OPERATOR pg_catalog.<> (incident.rating, incident.rating) IS 'not equal';
COMMENT ON OPERATOR pg_catalog.>= (incident.rating, incident.rating) IS 'greater than or equal';
COMMENT ON OPERATOR pg_catalog.> (incident.rating, incident.rating) IS 'greater than';

-- rating: indexes, sorting, hashing

CREATE FUNCTION incident_internal.rating_cmp(incident.rating, incident.rating) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_cmp';
CREATE FUNCTION incident_internal.rating_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_sortsupport';
CREATE FUNCTION incident_internal.rating_hash(incident.rating) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_hash';
CREATE FUNCTION incident_internal.rating_hash_extended(incident.rating, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
    AS 'MODULE_PATHNAME', 'word_type_hash_extended';

CREATE OPERATOR CLASS incident.rating_ops DEFAULT FOR TYPE incident.rating USING btree AS
    OPERATOR 1 pg_catalog.<,
    OPERATOR 2 pg_catalog.<=,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 pg_catalog.>=,
    OPERATOR 5 pg_catalog.>,
    FUNCTION 1 incident_internal.rating_cmp(incident.rating, incident.rating),
    FUNCTION 2 incident_internal.rating_sortsupport(internal),
    FUNCTION 4 pg_catalog.btequalimage(oid);

CREATE OPERATOR CLASS incident.rating_ops DEFAULT FOR TYPE incident.rating USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 incident_internal.rating_hash(incident.rating),
    FUNCTION 2 incident_internal.rating_hash_extended(incident.rating, bigint);

COMMENT ON FUNCTION incident_internal.rating_cmp(incident.rating, incident.rating) IS
    'internal: btree comparison';
COMMENT ON FUNCTION incident_internal.rating_sortsupport(internal) IS 'internal: btree sort support';
COMMENT ON FUNCTION incident_internal.rating_hash(incident.rating) IS 'internal: hash';
COMMENT ON FUNCTION incident_internal.rating_hash_extended(incident.rating, bigint) IS
    'internal: hash with a seed';

-- rating: min and max

CREATE FUNCTION incident_internal.rating_smaller(incident.rating, incident.rating) RETURNS incident.rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_smaller';
CREATE FUNCTION incident_internal.rating_larger(incident.rating, incident.rating) RETURNS incident.rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_larger';

CREATE AGGREGATE pg_catalog.min(incident.rating) (
    SFUNC = incident_internal.rating_smaller, STYPE = incident.rating, COMBINEFUNC = incident_internal.rating_smaller,
    SORTOP = OPERATOR(pg_catalog.<), PARALLEL = SAFE
);
CREATE AGGREGATE pg_catalog.max(incident.rating) (
    SFUNC = incident_internal.rating_larger, STYPE = incident.rating, COMBINEFUNC = incident_internal.rating_larger,
    SORTOP = OPERATOR(pg_catalog.>), PARALLEL = SAFE
);

COMMENT ON FUNCTION incident_internal.rating_smaller(incident.rating, incident.rating) IS
    'the smaller of two';
COMMENT ON FUNCTION incident_internal.rating_larger(incident.rating, incident.rating) IS 'the larger of two';
COMMENT ON AGGREGATE pg_catalog.min(incident.rating) IS 'the lowest rating';
COMMENT ON AGGREGATE pg_catalog.max(incident.rating) IS 'the highest rating';

-- rating: casts and labels

CREATE FUNCTION incident_internal.rating_from_integer(integer) RETURNS incident.rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rating_from_integer';
CREATE FUNCTION incident_internal.rating_to_integer(incident.rating) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rating_to_integer';

CREATE CAST (text AS incident.rating) WITH INOUT AS IMPLICIT;
CREATE CAST (character varying AS incident.rating) WITH INOUT AS IMPLICIT;
CREATE CAST (integer AS incident.rating)
    WITH FUNCTION incident_internal.rating_from_integer(integer);
CREATE CAST (incident.rating AS integer)
    WITH FUNCTION incident_internal.rating_to_integer(incident.rating) AS ASSIGNMENT;

CREATE FUNCTION incident.label(value incident.rating, language text DEFAULT 'en') RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rating_label';

COMMENT ON FUNCTION incident_internal.rating_from_integer(integer) IS 'the rating that a number stands for';
COMMENT ON FUNCTION incident_internal.rating_to_integer(incident.rating) IS
    'the number that stands for a rating';
COMMENT ON FUNCTION incident.label(incident.rating, text) IS
    'The word for people, in English (en) or Chinese (zh)';
