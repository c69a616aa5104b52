# Risk methods and asset values against exact rational arithmetic (test/oracle/risk.py): all
# 125 inputs of the shipped methods, all 125 triples of each combination, and random
# documents, of which the sound ones must give the same and the others be refused.
# PG_INCIDENT_RISK_SEED and PG_INCIDENT_RISK_CASES choose other documents, and more.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $SEED  = $ENV{PG_INCIDENT_RISK_SEED}  || 20984;
my $CASES = $ENV{PG_INCIDENT_RISK_CASES} || 400;

my $node = start_node('risk');

# oracle($table, @arguments): what the oracle says, a jsonb a row; returns how many.
sub oracle
{
	my ($table, @arguments) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$table.json";
	my ($out, $errors) = ('', '');

	IPC::Run::run([ 'python3', source_dir() . '/test/oracle/risk.py', @arguments ],
		'<', File::Spec->devnull, '>', \$out, '2>', \$errors);
	is($errors, '', "the oracle tells @arguments");
	append_to_file($file, $out);
	$node->safe_psql('incident', qq{
		CREATE TABLE $table (line bigint GENERATED ALWAYS AS IDENTITY, said jsonb);
		COPY $table (said) FROM '$file' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')});
	return $node->safe_psql('incident', "SELECT count(*) FROM $table");
}

# Whether the stages of a risk are those that the oracle says. A value is a root of a whole
# number, which the server gives as the nearest double.
$node->safe_psql('incident', q{
	CREATE FUNCTION is_as_said(method integer, a integer, t integer, v integer, said jsonb)
	RETURNS boolean LANGUAGE sql AS $$
		SELECT (d.likelihood_value, d.likelihood::int, d.loss_value, d.loss::int, d.risk_value, d.risk::int)
				= (sqrt((said #>> '{0,0}')::float8), (said ->> 1)::int, sqrt((said #>> '{2,0}')::float8),
				(said ->> 3)::int, sqrt((said #>> '{4,0}')::float8), (said ->> 5)::int)
			AND said #>> '{0,1}' = '1' AND said #>> '{2,1}' = '1' AND said #>> '{4,1}' = '1'
			AND incident.risk_level(method, a::incident.rating, t::incident.rating, v::incident.rating) = d.risk
			AND incident.risk_value(method, a::incident.rating, t::incident.rating, v::incident.rating) = d.risk_value
			AND incident.risk_likelihood(method, t::incident.rating, v::incident.rating) = d.likelihood
			AND incident.risk_loss(method, a::incident.rating, v::incident.rating) = d.loss
		FROM incident.risk_detail(method, a::incident.rating, t::incident.rating, v::incident.rating) AS d
	$$});

is(oracle('shipped', 'shipped'), 500, 'four methods with 125 inputs each');
is($node->safe_psql('incident', q{
		SELECT said FROM shipped WHERE NOT is_as_said(incident.risk_method_id(said ->> 'method'),
			(said ->> 'a')::int, (said ->> 't')::int, (said ->> 'v')::int, said -> 'stages')}),
	'', 'are all as exact arithmetic has them');
is($node->safe_psql('incident', q{
		SELECT count(DISTINCT said ->> 'method') FROM shipped
		WHERE said ->> 'method' IN (SELECT name FROM incident.risk_method_versions)}),
	'4', 'and they are all that are shipped');

is(oracle('assets', 'assets'), 1625, 'thirteen combinations of 125 triples each');
is($node->safe_psql('incident', q{
		SELECT said FROM assets,
			LATERAL (SELECT split_part(said ->> 'how', ' ', 1) AS method,
				string_to_array(nullif(split_part(said ->> 'how', ' ', 2), ''), ',')::numeric[] AS weights,
				(said ->> 'c')::int::incident.rating AS c, (said ->> 'i')::int::incident.rating AS i,
				(said ->> 'a')::int::incident.rating AS a) AS asked
		WHERE incident.asset_value(c, i, a, method, weights) <> (said ->> 'tenths')::int / 10.0
			OR incident.asset_rating(c, i, a, method, weights)::int <> (said ->> 'rating')::int}),
	'', 'are all as exact arithmetic has them');
$node->safe_psql('incident', q{
	CREATE TABLE combined AS
	SELECT how, incident.import_risk_method(incident.export_risk_method(1) || jsonb_build_object(
		'name', 'combined', 'asset_value', jsonb_strip_nulls(jsonb_build_object('combination', split_part(how, ' ', 1),
			'weights', CASE WHEN how LIKE 'weighted %' THEN jsonb_build_object('confidentiality', w[1],
				'integrity', w[2], 'availability', w[3]) END)))) AS id
	FROM (SELECT DISTINCT said ->> 'how' AS how,
		string_to_array(split_part(said ->> 'how', ' ', 2), ',')::numeric[] AS w
		FROM assets WHERE said ->> 'how' LIKE 'weighted %'
		UNION SELECT DISTINCT said ->> 'how', NULL::numeric[] FROM assets
		WHERE said ->> 'how' NOT LIKE 'weighted %') AS d});
is($node->safe_psql('incident', 'SELECT count(*) FROM combined'), 13, 'methods with these combinations');
is($node->safe_psql('incident', q{
		SELECT said FROM assets JOIN combined AS m ON m.how = said ->> 'how',
			LATERAL (SELECT (said ->> 'c')::int::incident.rating AS c, (said ->> 'i')::int::incident.rating AS i,
				(said ->> 'a')::int::incident.rating AS a) AS asked
		WHERE incident.method_asset_value(m.id, c, i, a) <> (said ->> 'tenths')::int / 10.0
			OR incident.method_asset_rating(m.id, c, i, a)::int <> (said ->> 'rating')::int}),
	'', 'give the same');

is(oracle('random', 'random', $SEED, $CASES), $CASES, 'random documents');
cmp_ok($node->safe_psql('incident', q{SELECT count(*) FROM random WHERE (said ->> 'sound')::boolean}),
	'>', $CASES / 3, 'of which many are sound');
cmp_ok($node->safe_psql('incident', q{SELECT count(*) FROM random WHERE NOT (said ->> 'sound')::boolean}),
	'>', $CASES / 10, 'and many are not');
is($node->safe_psql('incident', q{
		SELECT said ->> 'sound', said -> 'document' FROM random
		WHERE (said ->> 'sound')::boolean = EXISTS (SELECT FROM incident.check_risk_method(said -> 'document'))}),
	'', 'check_risk_method finds something wrong in those that are not, and in no other');
$node->safe_psql('incident', q{
	CREATE TABLE imported AS SELECT line, incident.import_risk_method(said -> 'document') AS id
		FROM random WHERE (said ->> 'sound')::boolean;
	SELECT incident.publish_risk_method(id) FROM imported});
is($node->safe_psql('incident', q{
		SELECT line, place FROM random JOIN imported USING (line), generate_series(0, 124) AS place
		WHERE NOT is_as_said(id, 1 + place / 25, 1 + place / 5 % 5, 1 + place % 5, said -> 'levels' -> place)}),
	'', 'sound ones give what exact arithmetic gives');
is($node->safe_psql('incident', q{
		SELECT line FROM random JOIN imported USING (line)
		WHERE incident.export_risk_method(id) <> said -> 'document'}),
	'', 'and are exported as they were imported');
is($node->safe_psql('incident', q{
		CREATE FUNCTION is_refused(document jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM incident.import_risk_method(document);
			RETURN false;
		EXCEPTION WHEN invalid_parameter_value THEN
			RETURN true;
		END $$;
		SELECT said -> 'document' FROM random WHERE NOT (said ->> 'sound')::boolean
			AND NOT is_refused(said -> 'document')}),
	'', 'unsound ones are refused');
is($node->safe_psql('incident', q{
		SELECT id, a, t, v FROM imported, generate_series(1, 5) AS a, generate_series(1, 5) AS t,
			generate_series(1, 5) AS v, LATERAL (SELECT incident.risk_level(id, a::incident.rating, t::incident.rating,
				v::incident.rating) AS level) AS l
		WHERE level < greatest(CASE WHEN a > 1 THEN incident.risk_level(id, (a - 1)::incident.rating, t::incident.rating, v::incident.rating) END,
			CASE WHEN t > 1 THEN incident.risk_level(id, a::incident.rating, (t - 1)::incident.rating, v::incident.rating) END,
			CASE WHEN v > 1 THEN incident.risk_level(id, a::incident.rating, t::incident.rating, (v - 1)::incident.rating) END)}),
	'', 'no risk falls when a rating rises');

done_testing();
