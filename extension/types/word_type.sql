-- A type of words, once for each that extension/parts names: @type@. What they mean is said
-- in types.sql.
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


-- @type@: the type

CREATE TYPE incident.@type@;

CREATE FUNCTION incident_internal.@type@_in(cstring) RETURNS incident.@type@
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', '@type@_in';
CREATE FUNCTION incident_internal.@type@_out(incident.@type@) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', '@type@_out';
CREATE FUNCTION incident_internal.@type@_recv(internal) RETURNS incident.@type@
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', '@type@_recv';
CREATE FUNCTION incident_internal.@type@_send(incident.@type@) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_send';

CREATE TYPE incident.@type@ (
    INPUT = incident_internal.@type@_in,
    OUTPUT = incident_internal.@type@_out,
    RECEIVE = incident_internal.@type@_recv,
    SEND = incident_internal.@type@_send,
    INTERNALLENGTH = 1,
    PASSEDBYVALUE,
    ALIGNMENT = char,
    STORAGE = plain,
    CATEGORY = 'U'
);

COMMENT ON FUNCTION incident_internal.@type@_in(cstring) IS 'internal: reads a @type@';
COMMENT ON FUNCTION incident_internal.@type@_out(incident.@type@) IS 'internal: writes a @type@';
COMMENT ON FUNCTION incident_internal.@type@_recv(internal) IS 'internal: reads a @type@ in binary form';
COMMENT ON FUNCTION incident_internal.@type@_send(incident.@type@) IS
    'internal: writes a @type@ in binary form';

-- @type@: operators

CREATE FUNCTION incident_internal.@type@_lt(incident.@type@, incident.@type@) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_lt';
CREATE FUNCTION incident_internal.@type@_le(incident.@type@, incident.@type@) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_le';
CREATE FUNCTION incident_internal.@type@_eq(incident.@type@, incident.@type@) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_eq';
CREATE FUNCTION incident_internal.@type@_ne(incident.@type@, incident.@type@) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ne';
CREATE FUNCTION incident_internal.@type@_ge(incident.@type@, incident.@type@) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_ge';
CREATE FUNCTION incident_internal.@type@_gt(incident.@type@, incident.@type@) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_gt';

CREATE OPERATOR pg_catalog.< (
    LEFTARG = incident.@type@, RIGHTARG = incident.@type@, FUNCTION = incident_internal.@type@_lt,
    COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR pg_catalog.<= (
    LEFTARG = incident.@type@, RIGHTARG = incident.@type@, FUNCTION = incident_internal.@type@_le,
    COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR pg_catalog.= (
    LEFTARG = incident.@type@, RIGHTARG = incident.@type@, FUNCTION = incident_internal.@type@_eq,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel,
    HASHES, MERGES
);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = incident.@type@, RIGHTARG = incident.@type@, FUNCTION = incident_internal.@type@_ne,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR pg_catalog.>= (
    LEFTARG = incident.@type@, RIGHTARG = incident.@type@, FUNCTION = incident_internal.@type@_ge,
    COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR pg_catalog.> (
    LEFTARG = incident.@type@, RIGHTARG = incident.@type@, FUNCTION = incident_internal.@type@_gt,
    COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

COMMENT ON FUNCTION incident_internal.@type@_lt(incident.@type@, incident.@type@) IS
    'implementation of < operator';
COMMENT ON FUNCTION incident_internal.@type@_le(incident.@type@, incident.@type@) IS
    'implementation of <= operator';
COMMENT ON FUNCTION incident_internal.@type@_eq(incident.@type@, incident.@type@) IS
    'implementation of = operator';
COMMENT ON FUNCTION incident_internal.@type@_ne(incident.@type@, incident.@type@) IS
    'implementation of <> operator';
COMMENT ON FUNCTION incident_internal.@type@_ge(incident.@type@, incident.@type@) IS
    'implementation of >= operator';
COMMENT ON FUNCTION incident_internal.@type@_gt(incident.@type@, incident.@type@) IS
    'implementation of > operator';
COMMENT ON OPERATOR pg_catalog.< (incident.@type@, incident.@type@) IS 'less than';
COMMENT ON OPERATOR pg_catalog.<= (incident.@type@, incident.@type@) IS 'less than or equal';
COMMENT ON OPERATOR pg_catalog.= (incident.@type@, incident.@type@) IS 'equal';
COMMENT ON OPERATOR pg_catalog.<> (incident.@type@, incident.@type@) IS 'not equal';
COMMENT ON OPERATOR pg_catalog.>= (incident.@type@, incident.@type@) IS 'greater than or equal';
COMMENT ON OPERATOR pg_catalog.> (incident.@type@, incident.@type@) IS 'greater than';

-- @type@: indexes, sorting, hashing

CREATE FUNCTION incident_internal.@type@_cmp(incident.@type@, incident.@type@) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_cmp';
CREATE FUNCTION incident_internal.@type@_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_sortsupport';
CREATE FUNCTION incident_internal.@type@_hash(incident.@type@) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'word_type_hash';
CREATE FUNCTION incident_internal.@type@_hash_extended(incident.@type@, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
    AS 'MODULE_PATHNAME', 'word_type_hash_extended';

CREATE OPERATOR CLASS incident.@type@_ops DEFAULT FOR TYPE incident.@type@ USING btree AS
    OPERATOR 1 pg_catalog.<,
    OPERATOR 2 pg_catalog.<=,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 pg_catalog.>=,
    OPERATOR 5 pg_catalog.>,
    FUNCTION 1 incident_internal.@type@_cmp(incident.@type@, incident.@type@),
    FUNCTION 2 incident_internal.@type@_sortsupport(internal),
    FUNCTION 4 pg_catalog.btequalimage(oid);

CREATE OPERATOR CLASS incident.@type@_ops DEFAULT FOR TYPE incident.@type@ USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 incident_internal.@type@_hash(incident.@type@),
    FUNCTION 2 incident_internal.@type@_hash_extended(incident.@type@, bigint);

COMMENT ON FUNCTION incident_internal.@type@_cmp(incident.@type@, incident.@type@) IS
    'internal: btree comparison';
COMMENT ON FUNCTION incident_internal.@type@_sortsupport(internal) IS 'internal: btree sort support';
COMMENT ON FUNCTION incident_internal.@type@_hash(incident.@type@) IS 'internal: hash';
COMMENT ON FUNCTION incident_internal.@type@_hash_extended(incident.@type@, bigint) IS
    'internal: hash with a seed';

-- @type@: min and max

CREATE FUNCTION incident_internal.@type@_smaller(incident.@type@, incident.@type@)
    RETURNS incident.@type@
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_smaller';
CREATE FUNCTION incident_internal.@type@_larger(incident.@type@, incident.@type@)
    RETURNS incident.@type@
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'word_type_larger';

CREATE AGGREGATE pg_catalog.min(incident.@type@) (
    SFUNC = incident_internal.@type@_smaller, STYPE = incident.@type@, COMBINEFUNC = incident_internal.@type@_smaller,
    SORTOP = OPERATOR(pg_catalog.<), PARALLEL = SAFE
);
CREATE AGGREGATE pg_catalog.max(incident.@type@) (
    SFUNC = incident_internal.@type@_larger, STYPE = incident.@type@, COMBINEFUNC = incident_internal.@type@_larger,
    SORTOP = OPERATOR(pg_catalog.>), PARALLEL = SAFE
);

COMMENT ON FUNCTION incident_internal.@type@_smaller(incident.@type@, incident.@type@) IS
    'the smaller of two';
COMMENT ON FUNCTION incident_internal.@type@_larger(incident.@type@, incident.@type@) IS
    'the larger of two';

-- @type@: casts and labels

CREATE FUNCTION incident_internal.@type@_from_integer(integer) RETURNS incident.@type@
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', '@type@_from_integer';
CREATE FUNCTION incident_internal.@type@_to_integer(incident.@type@) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', '@type@_to_integer';

CREATE CAST (text AS incident.@type@) WITH INOUT AS IMPLICIT;
CREATE CAST (character varying AS incident.@type@) WITH INOUT AS IMPLICIT;
CREATE CAST (integer AS incident.@type@)
    WITH FUNCTION incident_internal.@type@_from_integer(integer);
CREATE CAST (incident.@type@ AS integer)
    WITH FUNCTION incident_internal.@type@_to_integer(incident.@type@) AS ASSIGNMENT;

CREATE FUNCTION incident.label(value incident.@type@, language text DEFAULT 'en') RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', '@type@_label';

COMMENT ON FUNCTION incident_internal.@type@_from_integer(integer) IS
    'the @type@ that a number stands for';
COMMENT ON FUNCTION incident_internal.@type@_to_integer(incident.@type@) IS
    'the number that stands for a @type@';
COMMENT ON FUNCTION incident.label(incident.@type@, text) IS
    'The word for people, in English (en) or Chinese (zh)';
