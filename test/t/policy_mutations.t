# check_policy against faults that are put into sound policies: single ones by hand, each to
# be found at its place, and random ones, after which a policy is published exactly when it is
# sound.
#
# PG_INCIDENT_MUTATIONS says how many random documents (default 3000), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use JSON::PP;
use PgIncident;
use PolicyFaults;
use PostgreSQL::Test::Utils;
use Test::More;

my $MUTATIONS = $ENV{PG_INCIDENT_MUTATIONS} || 3000;
my $SEED      = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20260301;
my $BATCH     = 500;
my $PROGRAM   = source_dir() . '/test/oracle/policies.py';
my $SCHEMA    = source_dir() . '/docs/reference/policy.schema.json';
my @PRESETS   = sort glob(source_dir() . '/extension/data/presets/*.json');

# What can happen to a document. Only a soundly published policy stays.
my $TRIAL = <<'SQL';
CREATE TABLE documents (number serial PRIMARY KEY, d jsonb NOT NULL);
CREATE TABLE outcomes (number int, findings bigint, refused text, published boolean, remark text);

CREATE FUNCTION trial(number int, d jsonb) RETURNS outcomes LANGUAGE plpgsql AS $$
DECLARE
	places text[] := ARRAY(SELECT place FROM incident.check_policy(d));
	o outcomes := (number, cardinality(places), NULL, false, NULL);
	id int;
	copy jsonb;
BEGIN
	PERFORM place::jsonpath FROM unnest(places) AS place;
	BEGIN
		id := incident.import_policy(d);
		copy := incident.export_policy(id);
		IF (o.findings = 0) <> NOT EXISTS (SELECT FROM incident.check_policy(copy)) THEN
			o.remark := 'the copy is judged otherwise';
		END IF;
		PERFORM incident.publish_policy(id);
		o.published := true;
		PERFORM incident.response_level(id, NULL, NULL, '1 hour'), incident.processing_time(id, NULL);
		-- What takes long, for some.
		IF number % 10 = 0 THEN
			PERFORM FROM incident.quick_reference(d ->> 'name'), incident.explain_policy(d ->> 'name') AS line;
			IF incident.export_policy(incident.import_policy(copy)) <> copy THEN
				o.remark := 'its copy differs';
			END IF;
		END IF;
		IF o.findings > 0 THEN
			o.remark := 'published with findings';
		END IF;
	EXCEPTION WHEN invalid_parameter_value THEN
		o.refused := SQLERRM;
		IF o.published THEN
			o.remark := 'refused after it was published';
		ELSIF o.findings = 0 THEN
			o.remark := 'refused without findings';
		ELSIF o.refused LIKE 'policy document: %' AND NOT EXISTS (SELECT FROM unnest(places) AS place
				WHERE starts_with(o.refused, 'policy document: ' || place || ' ')) THEN
			o.remark := 'refused for what was not found';
		END IF;
	END;
	RETURN o;
END
$$;
SQL

# The rows of the published policies, read past the extension's functions.
my $ROWS = <<'SQL';
SELECT jsonb_build_object('policy_id', p.policy_id,
	'severities', (SELECT jsonb_agg(s.severity::text) FROM incident_internal.policy_severities AS s WHERE s.policy_id = p.policy_id),
	'levels', (SELECT jsonb_object_agg(l.level::text, extract(epoch FROM l.processing_time::interval))
		FROM incident_internal.policy_levels AS l WHERE l.policy_id = p.policy_id),
	'matrix', (SELECT jsonb_agg(jsonb_build_object('asset_level', m.asset_level::text, 'severity', m.severity::text,
			'event_level', m.event_level::text, 'response_level', m.response_level::text))
		FROM incident_internal.policy_matrix AS m WHERE m.policy_id = p.policy_id),
	'acknowledgements', (SELECT coalesce(jsonb_object_agg(a.level, a.steps), '{}') FROM (
		SELECT a.level::text, jsonb_agg(extract(epoch FROM a.within::interval) ORDER BY a.step) AS steps
		FROM incident_internal.policy_acknowledgements AS a WHERE a.policy_id = p.policy_id GROUP BY a.level) AS a),
	'rises', (SELECT coalesce(jsonb_agg(jsonb_build_object('to_level', r.to_level::text,
			'measure', r.measure, 'amount', extract(epoch FROM r.amount::interval), 'percent', r.percent, 'reports', r.reports)), '[]')
		FROM incident_internal.policy_escalation_steps AS r WHERE r.policy_id = p.policy_id),
	'duties', (SELECT coalesce(jsonb_agg(to_jsonb(d) || (SELECT jsonb_build_object('levels', jsonb_agg(l.level::text),
				'within', jsonb_agg(extract(epoch FROM l.within::interval)))
			FROM incident_internal.policy_duty_levels AS l WHERE l.policy_id = d.policy_id AND l.duty = d.duty)), '[]')
		FROM incident_internal.policy_duties AS d WHERE d.policy_id = p.policy_id),
	'messages', (SELECT coalesce(jsonb_agg(to_jsonb(m) || jsonb_build_object('again_after', extract(epoch FROM m.again_after))), '[]')
		FROM incident_internal.policy_message_rules AS m WHERE m.policy_id = p.policy_id),
	'posts', (SELECT coalesce(jsonb_agg(r.post), '[]') FROM incident_internal.policy_posts AS r WHERE r.policy_id = p.policy_id),
	'posts_named', (SELECT coalesce(jsonb_agg(DISTINCT named), '[]') FROM lists AS x, unnest(x.list) AS named
		WHERE x.policy_id = p.policy_id),
	'nobody', (SELECT count(*) FROM lists AS x WHERE x.policy_id = p.policy_id AND x.list = '{}'))
FROM incident_internal.policies AS p WHERE p.state = 'published' ORDER BY p.policy_id
SQL
my $LISTS = <<'SQL';
CREATE VIEW lists AS
SELECT policy_id, audience AS list FROM incident_internal.policy_duty_levels
UNION ALL SELECT policy_id, responsible FROM incident_internal.policy_duties
UNION ALL SELECT policy_id, posts FROM incident_internal.policy_authorities
UNION ALL SELECT policy_id, posts FROM incident_internal.policy_message_rules
UNION ALL SELECT policy_id, audience FROM incident_internal.policy_acknowledgements;
SQL

my $json = JSON::PP->new->ascii->canonical;

# A preset by its name, each time anew.
sub preset
{
	my ($name) = @_;
	return JSON::PP->new->utf8->decode(slurp_file(source_dir() . "/extension/data/presets/$name.json"));
}

sub program
{
	my ($input, @arguments) = @_;
	my $output = '';
	IPC::Run::run([ 'python3', $PROGRAM, @arguments ], '<', \$input, '>', \$output) or die "policies.py failed";
	return split /\n/, $output;
}

# Documents into the table `documents`, as they are.
sub load
{
	my ($node, $documents) = @_;
	my $file = $node->basedir . '/documents';
	open my $handle, '>', $file or die $!;
	print $handle $documents;
	close $handle;
	$node->safe_psql('incident',
		"TRUNCATE documents RESTART IDENTITY; COPY documents (d) FROM '$file' (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')");
	return;
}

my $node = start_node('policy_mutations', conf => "autovacuum = off\nfsync = off\njit = off");
$node->safe_psql('incident', $TRIAL . $LISTS);

subtest 'presets' => sub {
	my @accepted = program(join("\n", map { $json->encode(preset($_)) } map { /([^\/]+)\.json$/ } @PRESETS), 'schema', $SCHEMA);
	is("@accepted", join(' ', ('yes') x @PRESETS), 'the JSON Schema accepts them');
	for my $file (@PRESETS)
	{
		my ($name) = $file =~ /([^\/]+)\.json$/;
		my $document = $json->encode(preset($name));
		is($node->safe_psql('incident', "SELECT * FROM incident.check_policy(\$j\$$document\$j\$)"), '', "$name is sound");
	}
};

subtest 'single faults' => sub {
	my (@documents, %seen);
	for my $fault (@PolicyFaults::FAULTS)
	{
		my ($name, $preset, $change) = @$fault;
		local $_ = preset($preset);
		$change->();
		push @documents, $json->encode($_);
		$seen{$name}++;
	}
	load($node, join("\n", @documents, ''));
	my %found;
	for (split /\n/, $node->safe_psql('incident',
		q{SELECT number || ' ' || place FROM documents, incident.check_policy(d) AS c}))
	{
		my ($number, $place) = /^(\d+) (.*)$/;
		push @{ $found{$number} }, $place;
	}
	is($node->safe_psql('incident', q{
			SELECT DISTINCT e.problem, z.problem
			FROM documents, incident.check_policy(d, 'en') WITH ORDINALITY AS e(place, problem, number)
			JOIN incident.check_policy(d, 'zh') WITH ORDINALITY AS z(place, problem, number) USING (number)
			WHERE e.place <> z.place OR z.problem !~ '[\u4e00-\u9fff]'
				OR regexp_replace(z.problem, '"[^"]*"|“[^”]*”', '', 'g') ~ '[A-Za-z]{2,} [A-Za-z]{2,}'}),
		'', 'every problem is said in Chinese too');
	my @accepted = program(join("\n", @documents), 'schema', $SCHEMA);
	for my $number (0 .. $#PolicyFaults::FAULTS)
	{
		my ($name, undef, undef, $kind, @places) = @{ $PolicyFaults::FAULTS[$number] };
		is_deeply([ sort @{ $found{ $number + 1 } || [] } ], [ sort @places ], $name);
		is($accepted[$number], $kind eq 'shape' ? 'no' : 'yes', "JSON Schema: $name");
	}
	is((grep { $_ > 1 } values %seen), 0, 'every fault has a name of its own');
	cmp_ok(scalar @documents, '>=', 60, 'there are enough of them');
};

subtest 'random mutations' => sub {
	load($node, join "\n", program('', 'mutate', $SEED, $MUTATIONS, @PRESETS), '');
	my $count = $node->safe_psql('incident', 'SELECT max(number) FROM documents');
	for (my $first = 1; $first <= $count; $first += $BATCH)
	{
		$node->safe_psql('incident',
			"INSERT INTO outcomes SELECT o.* FROM documents AS t, trial(t.number, t.d) AS o WHERE t.number >= $first AND t.number < $first + $BATCH");
	}
	is($node->safe_psql('incident', q{SELECT count(*) FROM outcomes}), $count, 'all of them end as they may');
	is( $node->safe_psql('incident',
			q{SELECT number, remark, findings, refused FROM outcomes WHERE remark IS NOT NULL ORDER BY number LIMIT 3}),
		'', 'what has no findings is imported, published and compiled, and nothing else');
	note $node->safe_psql('incident', q{SELECT count(*) || ' documents, ' || count(*) FILTER (WHERE published) || ' published, '
		|| count(*) FILTER (WHERE refused LIKE 'policy document%') || ' not imported, '
		|| sum(findings) || ' findings' FROM outcomes});
	cmp_ok($node->safe_psql('incident', q{SELECT count(*) FROM outcomes WHERE published}), '>', $count / 50,
		'some are published');
	cmp_ok($node->safe_psql('incident', q{SELECT count(*) FROM outcomes WHERE NOT published
		AND refused NOT LIKE 'policy document%'}), '>', $count / 50, 'some are imported and not published');
	my @judgement = program($node->safe_psql('incident', $ROWS), 'judge');
	my $summary = pop @judgement;
	is(join("\n", @judgement[ 0 .. ($#judgement < 2 ? $#judgement : 2) ]), '', 'every published policy is sound');
	is($summary, $node->safe_psql('incident', q{SELECT count(*) FROM incident_internal.policies WHERE state = 'published'})
		. ' policies judged', 'all of them were judged');
};

$node->stop;
done_testing();
