# Documents at their largest: each array, and each object with keys of one's own, of each kind
# of document, as large as its shape allows and by one item larger. The largest is read within
# a bound of memory; what is larger is refused by its place. A reader that is reading can be
# cancelled.
#
# The arrays come from the shapes of src/document/shape.c, so a new one is tested without being named
# here.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use JSON::PP;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $MOST    = 1000;          # where a shape does not say else
my $FIXED   = 16 * 1024;     # kB that a reader may take
my $FACTOR  = 20;            # and so many times the size of the document
my $PATIENT = 180;           # seconds after which something must have happened

my $json = JSON::PP->new->canonical;
my $node = start_node('documents_large', conf => "autovacuum = off\nfsync = off\njit = off\nwork_mem = 4MB\ntemp_buffers = 8MB");

# A value of the kind that a word of a shape names.
sub value_of_word
{
	my ($word) = @_;
	return { en => 'x', zh => 'x' } if $word eq 'title';
	return $1 + 0 if $word =~ /^(\d+)\.\./;
	my ($first) = split /\|/, $word =~ s/\?$//r;
	my %of = (
		time => '1 hour', term => '1 hour', clock => '09:00', date => '2026-10-01', level => '1', severity => 'minor',
		object => {}, boolean => JSON::PP::true, anything => 1, grade => '1', number => 1, quantity => 1, frequency => 1,
		fact => 'noted', moment => '2026-01-05 09:00+00', turn => '1 day', local => '2026-01-05 08:00'
	);
	return exists $of{$first} ? $of{$first} : ($first =~ /^(?:name|key|text|short)$/ ? 'x' : $first);
}

# [number of items, shape of one] of a shape that is an array; nothing of any other.
sub array_of
{
	my ($shape) = @_;
	return if ref $shape ne 'ARRAY';
	my ($most, @rest) = @$shape;
	($most, @rest) = ($MOST, $most, @rest) if ref $most || $most !~ /^\d+$/;
	return if grep { !ref && $_ eq 'or' } @rest;
	return [ $most, $rest[0] ];
}

# [number of keys, kind of key, shape of a value] of one that is an object with keys of one's own.
sub open_object_of
{
	my ($shape) = @_;
	return if ref $shape ne 'HASH';
	my ($key) = keys %$shape;
	return $key =~ /^<(.*?)(?: (\d+))?>$/ ? [ $2 || $MOST, $1, $shape->{$key} ] : undef;
}

# The least that has a shape.
sub least
{
	my ($shape) = @_;
	return value_of_word($shape) if !ref $shape;
	return array_of($shape) ? [] : least($shape->[0]) if ref $shape eq 'ARRAY';
	return {} if open_object_of($shape);
	return { map { /\?$/ ? () : ($_ => least($shape->{$_})) } keys %$shape };
}

# All arrays and open objects within a shape: [path, how many, kind of key or nothing, item].
# A path goes through first items.
sub large_parts
{
	my ($shape, @path) = @_;
	if (my $array = array_of($shape))
	{
		return ([ \@path, $array->[0], undef, $array->[1] ], large_parts($array->[1], @path, 0));
	}
	if (my $object = open_object_of($shape))
	{
		my $key = key_of_kind($object->[1]);
		return ([ \@path, @$object ], large_parts($object->[2], @path, $key));
	}
	return map { large_parts($_, @path) } grep { ref } @$shape if ref $shape eq 'ARRAY';
	return map { large_parts($shape->{$_}, @path, s/\?$//r) } sort keys %$shape if ref $shape eq 'HASH';
	return;
}

# A key of a kind.
sub key_of_kind
{
	my ($kind) = @_;
	return $kind eq 'date' ? '2026-10-01' : $kind eq 'level' ? '1' : 'k1';
}

# SQL that makes keys of a kind out of numbers n.
sub keys_sql
{
	my ($kind) = @_;
	return "to_char(date '2000-01-01' + n, 'YYYY-MM-DD')" if $kind eq 'date';
	return "'k' || n";
}

# What is read from an argument, whose name its places begin with.
my %arguments = map { ($_ => 1) } qw(facts frequency magnitude secondary);

# The JSON path of a place in a kind of document; an item is the first of its array.
sub place
{
	my ($kind, @path) = @_;
	return ($arguments{$kind} ? $kind : '$') . join '', map { $_ eq '0' ? '[0]' : /^[a-z_]+$/ ? ".$_" : qq{."$_"} } @path;
}

# The least document in which everything on the way to a path is there.
sub way_to
{
	my ($shape, @path) = @_;
	return least($shape) if !@path;
	my ($step, @rest) = @path;
	if (my $array  = array_of($shape))       { return [ way_to($array->[1], @rest) ]; }
	if (my $object = open_object_of($shape)) { return { $step => way_to($object->[2], @rest) }; }
	return way_to((grep { ref eq 'HASH' } @$shape)[-1], @path) if ref $shape eq 'ARRAY';
	my ($key) = grep { s/\?$//r eq $step } keys %$shape;
	return { %{ least($shape) }, $step => way_to($shape->{$key}, @rest) };
}

my %shapes = map { my ($kind, $shape) = split /\t/, $_, 2; ($kind => decode_json($shape)) }
	split /\n/, $node->safe_psql('incident', q{SELECT kind || E'\t' || shape FROM incident_internal.document_shapes()});

# Who reads a document of a kind: as SQL over a column d.
my %readers = (
	'policy document'   => 'incident_internal.expect_policy(d)',
	'addendum'          => q{incident_internal.expect_addendum(d, incident.export_policy(1))},
	'calendar document' => 'incident_internal.expect_calendar(d)',
	'directory document' => '(SELECT count(*) FROM incident.import_directory(d, true))',
	'risk method'       => 'incident.import_risk_method(d)',
	'risk register'     => 'incident_internal.expect_risk_document(d)',
	'facts'             => q{(SELECT count(*) FROM incident.simulate('eport', '1', 'minor', '2026-01-05 08:00+00', '2026-01-06', d))},
	'frequency'         => q{incident.annual_losses(d, '1', 10)},
	'magnitude'         => q{incident.annual_losses('1', d, 10)},
	'secondary'         => q{incident.annual_losses('1', '1', 10, 1, d)});

is_deeply([ sort keys %shapes ], [ sort keys %readers ], 'every kind of document has a reader here');

$node->safe_psql('incident', <<'SQL');
CREATE TABLE documents (number int PRIMARY KEY, kind text, place text, most int, d jsonb);
ALTER TABLE documents ALTER d SET STORAGE EXTERNAL;
-- What becomes of a document.
CREATE FUNCTION outcome(reader text, document jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT ' || reader || ' FROM (SELECT $1) AS s(d)' USING document;
	RETURN 'read';
EXCEPTION WHEN program_limit_exceeded OR invalid_parameter_value THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE SEQUENCE begun;
CREATE SEQUENCE ended;
SQL

# Memory in kB that a session takes for a statement, beyond what it had, and its last column.
sub memory_of
{
	my ($sql) = @_;
	my $session = $node->background_psql('incident', on_error_stop => 1);
	my ($pid) = $session->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;
	$session->query_safe($_) for 'SELECT FROM incident.check_policy(\'{}\')', q{SELECT outcome('incident_internal.expect_calendar(d)', '{}')};
	my $before = anonymous($pid, 'VmRSS');
	open my $clear, '>', "/proc/$pid/clear_refs" or die $!;
	print $clear 5;
	close $clear or die $!;
	my $result = $session->query_safe($sql);
	my $after = anonymous($pid, 'VmHWM');
	$session->quit;
	return ($after - $before, $result);
}

sub anonymous
{
	my ($pid, $what) = @_;
	open my $status, '<', "/proc/$pid/status" or die $!;
	my %memory = map { /^(\w+):\s+(\d+) kB/ ? ($1, $2) : () } <$status>;
	close $status;
	return $memory{$what} - $memory{RssShmem} - $memory{RssFile};
}

my $number = 0;
my @parts;
for my $kind (sort keys %shapes)
{
	my $shape = $shapes{$kind};
	for my $part (large_parts($shape))
	{
		my ($path, $most, $key, $item) = @$part;
		my $least = $json->encode(way_to($shape, @$path));
		my $items = $json->encode(least($item));
		for my $count ($most, $most + 1)
		{
			next if defined $key && $key eq 'level';    # there are ten levels, and no more keys
			$number++;
			push @parts, [ $number, $kind, place($kind, @$path), $count, $count > $most ];
			my $made = defined $key
				? sprintf(q{(SELECT jsonb_object_agg(%s, $j$%s$j$::jsonb) FROM generate_series(1, %d) AS n)}, keys_sql($key), $items, $count)
				: sprintf(q{(SELECT jsonb_agg($j$%s$j$::jsonb) FROM generate_series(1, %d))}, $items, $count);
			$made = sprintf(q{jsonb_set($j$%s$j$, '{%s}', %s)}, $least, join(',', map { /^\w+$/ ? $_ : "\"$_\"" } @$path), $made) if @$path;
			$node->safe_psql('incident', sprintf(
				q{INSERT INTO documents SELECT %d, '%s', $j$%s$j$, %d, %s}, $number, $kind, place($kind, @$path), $most, $made));
		}
	}
}
cmp_ok(scalar @parts, '>=', 50, scalar(@parts) . ' documents');

for my $part (@parts)
{
	my ($n, $kind, $place, $count, $beyond) = @$part;
	my $reader = $readers{$kind} =~ s/'/''/gr;
	my $size = $node->safe_psql('incident', "SELECT octet_length(d::text) / 1024 FROM documents WHERE number = $n");
	my ($memory, $outcome) = memory_of("SELECT outcome('$reader', d) FROM documents WHERE number = $n");
	my $what = "$kind: $place with $count";
	if ($beyond)
	{
		my $said = $arguments{$kind} ? $place : "$kind: $place";
		like($outcome, qr/^54000 \Q$said\E has $count (?:items|keys)$/, "$what is refused");
	}
	else
	{
		unlike($outcome, qr/54000|has $count/, "$what is read");
	}
	cmp_ok($memory, '<', $FIXED + $FACTOR * $size, sprintf '%s: %d kB of memory for %d kB', $what, $memory, $size);
}

# check_policy gives a row and reads on.
is($node->safe_psql('incident', q{WITH large AS (
	SELECT jsonb_set(e || '{"messages": {"missed_ticks": "latest"}}', '{duties}', (SELECT jsonb_agg(d) FROM jsonb_path_query(e, '$.duties[0]') AS d, generate_series(1, 33))) AS d
	FROM incident.export_policy(1) AS e)
	SELECT c.place || ' ' || c.problem FROM large, incident.check_policy(d) AS c}),
	'$.duties This has 33 items. At most 32 are taken.', 'check_policy names what is too long');

# What reads on after the shape: a policy of a thousand posts, all of them named by each of a
# thousand authorities and by each audience; a calendar of 20,000 dates; a register.
$node->safe_psql('incident', <<'SQL');
CREATE TABLE whole (kind text, d jsonb);
ALTER TABLE whole ALTER d SET STORAGE EXTERNAL;
INSERT INTO whole
	SELECT 'policy', e || '{"messages": {"missed_ticks": "latest"}}' || jsonb_build_object('name', 'large', 'posts', posts, 'authorities', authorities, 'duties', duties)
	FROM incident.export_policy(1) AS e,
		(SELECT jsonb_agg(jsonb_build_object('post', 'r' || n, 'title', '{"en": "x", "zh": "x"}'::jsonb)) AS posts,
			jsonb_agg('r' || n) AS names FROM generate_series(1, 1000) AS n) AS r,
		LATERAL (SELECT jsonb_agg(jsonb_build_object('act', 'close', 'event_levels', '["1", "2"]'::jsonb, 'persons', 1 + n % 2,
			'posts', names)) AS authorities FROM generate_series(1, 1000) AS n) AS a,
		LATERAL (SELECT jsonb_agg(jsonb_build_object('levels', jsonb_build_array(l), 'within', '1 hour', 'audience', names)) AS lines
			FROM unnest('{1,2,3,none}'::text[]) AS l) AS f,
		LATERAL (SELECT jsonb_agg(e #> '{duties,0}' || jsonb_build_object('duty', 'd' || n, 'responsible', names, 'for', lines)) AS duties
			FROM generate_series(1, 32) AS n) AS d;
INSERT INTO whole
	SELECT 'calendar', jsonb_build_object('name', 'large', 'zone', 'Asia/Shanghai', 'week', '{"mon": [["09:00", "17:00"]]}'::jsonb,
		'holidays', (SELECT jsonb_agg(to_char(date '2000-01-01' + n, 'YYYY-MM-DD')) FROM generate_series(1, 10000) AS n),
		'extra', (SELECT jsonb_object_agg(to_char(date '2000-01-01' + n, 'YYYY-MM-DD'),
			(SELECT jsonb_agg(jsonb_build_array(to_char(interval '30 min' * w, 'HH24:MI'),
				to_char(interval '30 min' * w + interval '1 min' * (1 + n % 29), 'HH24:MI'))) FROM generate_series(0, 47) AS w))
			FROM generate_series(9000, 18999) AS n));
INSERT INTO whole
	SELECT 'register', jsonb_build_object('assets', jsonb_agg(jsonb_build_object('name', 'a' || n, 'category', 'host',
		'level', '1', 'confidentiality', n % 5 + 1))) FROM generate_series(1, 5000) AS n;
SQL
for my $read (
	[ 'policy',   'count(c) FROM whole, incident.check_policy(d) AS c' ],
	[ 'calendar', 'count(incident.import_calendar(d)) FROM whole' ],
	[ 'calendar', q{count(incident.working_time('large', '2000-01-01', '2060-01-01')) FROM whole} ],
	[ 'register', 'count(incident.import_risk_register(d)) FROM whole' ])
{
	my ($kind, $sql) = @$read;
	my $size = $node->safe_psql('incident', "SELECT octet_length(d::text) / 1024 FROM whole WHERE kind = '$kind'");
	my ($memory, $outcome) = memory_of("SELECT $sql WHERE kind = '$kind'");
	like($outcome, qr/^(?:1|1000)$/, "$kind: $sql");
	cmp_ok($memory, '<', $FIXED + $FACTOR * $size, sprintf '%d kB of memory for %d kB', $memory, $size);
}

# Facts of a simulation, and what they come to in memory.
my $facts = q{(SELECT jsonb_agg('{"at": "2026-01-05 09:00+00", "kind": "noted"}'::jsonb) FROM generate_series(1, %d))};
my $simulate = q{SELECT count(*) FROM incident.simulate('eport', '1', 'minor', '2026-01-05 08:00+00', '%s', %s)};
my ($memory, $rows) = memory_of(sprintf $simulate, '2026-01-06', sprintf $facts, 10000);
cmp_ok($rows, '>', 10000, '10000 facts are taken');
cmp_ok($memory, '<', $FIXED + $FACTOR * 600, "$memory kB of memory for them");
my ($ret, $out, $err) = $node->psql('incident', sprintf $simulate, '2026-01-06', sprintf $facts, 10001);
like($err, qr/facts has 10001 items/, 'one more is refused');
my $cycles = q{(SELECT jsonb_agg(jsonb_build_object('at', timestamptz '2026-01-05 08:00+00' + n * interval '1 min',
	'kind', CASE n % 2 WHEN 1 THEN 'resolved' ELSE 'reopened' END)) FROM generate_series(1, 10000) AS n)};
($memory, $rows) = memory_of(sprintf $simulate, '2026-02-06', $cycles);
cmp_ok($rows, '>', 30000, "a course of $rows rows");
cmp_ok($memory, '<', $FIXED + $FACTOR * 600, "$memory kB of memory for it");

# Years of losses: a size of their own.
($ret, $out, $err) = $node->psql('incident', q{SELECT (incident.annual_loss(array_fill(1::float8, '{10000001}'))).mean});
like($err, qr/array of 2 to 10000000 years/, 'more years than are taken are refused');

# Whoever is reading can be cancelled: a session says by a sequence, which no rollback takes
# back, when it has begun to read and when it has ended, and nothing between the two but the
# reader looks for a cancel. One that has ended before the cancel came tells nothing and reads
# more often the next time.
sub cancelled
{
	my ($name, $make, $read) = @_;
	my $state = 'SELECT (SELECT last_value FROM begun), (SELECT last_value FROM ended)';
	my ($out, $err, $ended, $now_ended) = ('', '');
	for my $times (4, 16, 64, 256)
	{
		(my $begun, $ended) = split /\|/, $node->safe_psql('incident', $state);
		my $reads = join ', ', ($read) x $times;
		my $psql = IPC::Run::start(
			[ $node->installed_command('psql'), qw(-X -q -A -t -d), $node->connstr('incident') . q{ application_name=reader}, '-c',
				"DO \$do\$ DECLARE d $make; BEGIN PERFORM nextval('begun'), $reads, nextval('ended'); END \$do\$" ],
			'<', File::Spec->devnull, '>', \$out, '2>', \$err);
		for (1 .. $PATIENT * 100)
		{
			last if (split /\|/, $node->safe_psql('incident', $state))[0] > $begun;
			sleep 0.01;
		}
		$node->safe_psql('incident', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'reader'});
		IPC::Run::finish($psql);
		(undef, $now_ended) = split /\|/, $node->safe_psql('incident', $state);
		last if $err ne '';
	}
	like($err, qr/canceling statement due to user request/, "$name: the reader was cancelled");
	is($now_ended, $ended, 'before it ended');
	return;
}

$node->safe_psql('incident', q{SELECT setval('begun', 1), setval('ended', 1)});
cancelled('a policy', q{jsonb := (SELECT d || '{}' FROM whole WHERE kind = 'policy')}, 'incident_internal.expect_policy(d)');
cancelled('a register', q{jsonb := (SELECT jsonb_build_object('assets', jsonb_agg('{"name": "x", "category": "host"}'::jsonb)) FROM generate_series(1, 1000000))},
	'incident_internal.expect_document(d, \'risk register\')');
cancelled('years', q{float8[] := (SELECT array_agg(random()) FROM generate_series(1, 5000000))}, '(incident.annual_loss(d)).mean');

$node->stop;
done_testing();
