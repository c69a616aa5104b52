-- Annual loss by Monte Carlo: a scenario's years are simulated; an array of years is a
-- sample, so that scenarios add up year by year.

CREATE FUNCTION incident.annual_losses(
	frequency jsonb, magnitude jsonb, trials integer DEFAULT 10000, seed bigint DEFAULT 1,
	secondary jsonb DEFAULT NULL, scenario bigint DEFAULT 0)
RETURNS double precision[]
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000
AS 'MODULE_PATHNAME', 'pgi_annual_losses';

CREATE FUNCTION incident.annual_loss(
	frequency jsonb, magnitude jsonb, trials integer DEFAULT 10000, seed bigint DEFAULT 1,
	secondary jsonb DEFAULT NULL, scenario bigint DEFAULT 0,
	OUT mean double precision, OUT standard_deviation double precision,
	OUT standard_error double precision, OUT p05 double precision, OUT p10 double precision,
	OUT p25 double precision, OUT p50 double precision, OUT p75 double precision,
	OUT p90 double precision, OUT p95 double precision, OUT p99 double precision,
	OUT probability_of_any double precision)
RETURNS record
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000
AS 'MODULE_PATHNAME', 'pgi_annual_loss';

CREATE FUNCTION incident.annual_loss(
	losses double precision[],
	OUT mean double precision, OUT standard_deviation double precision,
	OUT standard_error double precision, OUT p05 double precision, OUT p10 double precision,
	OUT p25 double precision, OUT p50 double precision, OUT p75 double precision,
	OUT p90 double precision, OUT p95 double precision, OUT p99 double precision,
	OUT probability_of_any double precision)
RETURNS record
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000
AS 'MODULE_PATHNAME', 'pgi_loss_summary';

CREATE FUNCTION incident.loss_exceedance(
	losses double precision[], points integer DEFAULT 20,
	OUT loss double precision, OUT probability double precision)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 20
AS 'MODULE_PATHNAME', 'pgi_loss_exceedance';

CREATE FUNCTION incident.loss_probability(losses double precision[], loss double precision)
RETURNS double precision
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000
AS 'MODULE_PATHNAME', 'pgi_loss_probability';

CREATE FUNCTION incident_internal.portfolio_add(state internal, losses double precision[])
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_portfolio_add';

CREATE FUNCTION incident_internal.portfolio_combine(state internal, other internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_portfolio_combine';

CREATE FUNCTION incident_internal.portfolio_serialize(state internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_portfolio_serialize';

CREATE FUNCTION incident_internal.portfolio_deserialize(bytes bytea, state internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_portfolio_deserialize';

CREATE FUNCTION incident_internal.portfolio_losses_of(state internal)
RETURNS double precision[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_portfolio_losses';

CREATE AGGREGATE incident.portfolio_losses(losses double precision[]) (
	SFUNC = incident_internal.portfolio_add,
	STYPE = internal,
	SSPACE = 160000,
	FINALFUNC = incident_internal.portfolio_losses_of,
	COMBINEFUNC = incident_internal.portfolio_combine,
	SERIALFUNC = incident_internal.portfolio_serialize,
	DESERIALFUNC = incident_internal.portfolio_deserialize,
	PARALLEL = SAFE
);

COMMENT ON FUNCTION incident.annual_losses(jsonb, jsonb, integer, bigint, jsonb, bigint) IS
'The losses of simulated years (trials, 2 to 10000000) in the unit of the magnitude. A year has a Poisson number of loss events with the rate frequency (0 to 1000000 a year), or exactly {"events": n}; each loses the magnitude (0 to 1e15), and with secondary.probability also secondary.loss. A quantity is a number, {"min", "mode", "max", "shape" = 4} for PERT, {"median", "sigma"} for lognormal, or {"low", "high"} for the lognormal with 5 % below and 5 % above. A frequency that is no number is drawn anew for each year. The same seed and scenario give the same years; scenarios of one seed are independent. Errors: invalid_parameter_value names whatever is not as it must be, null_value_not_allowed, numeric_value_out_of_range when a year has more than 1e9 events.';
COMMENT ON FUNCTION incident.annual_loss(jsonb, jsonb, integer, bigint, jsonb, bigint) IS
'What annual_losses with the same arguments says: mean, standard deviation, standard error of the mean, percentiles (interpolated between years) and the share of years with a loss. Errors as in annual_losses.';
COMMENT ON FUNCTION incident.annual_loss(double precision[]) IS
'Mean, standard deviation, standard error of the mean, percentiles (interpolated between years) and share of years with a loss, of a sample of years from annual_losses or portfolio_losses. Errors: array_subscript_error unless there are 2 to 10000000 years, null_value_not_allowed, invalid_parameter_value for a loss that is negative or not finite.';
COMMENT ON FUNCTION incident.loss_exceedance(double precision[], integer) IS
'The loss exceedance curve of a sample of years: up to as many points (1 to 1000), evenly apart in probability, the last being the worst year; probability is the share of years that lose more. Errors: those of annual_loss, and invalid_parameter_value for the points.';
COMMENT ON FUNCTION incident.loss_probability(double precision[], double precision) IS
'The share of a sample''s years that lose more than a loss. Errors: those of annual_loss, and invalid_parameter_value when the loss is not a number.';
COMMENT ON FUNCTION incident_internal.portfolio_add(internal, double precision[]) IS
'Transition of portfolio_losses.';
COMMENT ON FUNCTION incident_internal.portfolio_combine(internal, internal) IS
'Combines two states of portfolio_losses.';
COMMENT ON FUNCTION incident_internal.portfolio_serialize(internal) IS
'A state of portfolio_losses on its way from a worker.';
COMMENT ON FUNCTION incident_internal.portfolio_deserialize(bytea, internal) IS
'A state of portfolio_losses that came from a worker.';
COMMENT ON FUNCTION incident_internal.portfolio_losses_of(internal) IS
'Result of portfolio_losses.';
COMMENT ON AGGREGATE incident.portfolio_losses(double precision[]) IS
'Adds samples of years up, year by year: the losses of all scenarios together. Sums are exact to 2^-32 of a unit and the same in any order, so also in parallel. NULLs are left out; NULL when there is nothing else. Errors: array_subscript_error for samples of different lengths, numeric_value_out_of_range for a loss above 2^53 or a total above 2^62, and those of annual_loss.';

SELECT incident_internal.allow('read', 'annual_loss', 'annual_losses', 'loss_exceedance',
	'loss_probability');
