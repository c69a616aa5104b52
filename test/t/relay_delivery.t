# pg_incident_relay delivers: what commands get and what their end means, leases, signals, lost
# sessions, and what it tells of itself.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::UNIX;
use PgIncident;
use PostgreSQL::Test::Utils;
use Relay;
use Socket qw(SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(sleep time);

my $node = start_node('relay');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $conninfo = $node->connstr('messages');

$node->safe_psql('postgres', 'CREATE DATABASE messages');
$node->safe_psql('messages', slurp_file(source_dir() . '/test/lib/relay_stand_in.sql'));
mkdir "$dir/got" or die;

my %commands = (
	ok => q(exec cat >DIR/got/$PG_INCIDENT_CHANNEL.$$ && echo "reference $PG_INCIDENT_CHANNEL"),
	line => "cat >/dev/null; printf 'first\\nsecond\\n'; head -c 200000 /dev/zero; echo >&2 not an error",
	odd => q(printf '\377\001 "quoted" \\\\ {a,b} \346\226\207\n'),
	silent => 'exit 0',
	tempfail => 'echo >&2 first; echo >&2 last; exit 75',
	dataerr => q(printf >&2 'no \377 way'; exit 65),
	nouser => 'exit 67',
	config => 'echo >&2 no secret; exit 78',
	signal => 'kill -KILL $$',
	hang => "trap '' TERM; sleep 60 & echo \$! >DIR/hang.pid; sleep 60; sleep 60",
	loud => 'yes error >&2',
	slow => 'sleep 6',
	wait => 'while [ ! -e DIR/go ]; do sleep 0.05; done',
	surroundings => 'ls /proc/self/fd; pwd; cut -d" " -f 5 /proc/$$/stat; echo $$; env | sort -u; grep SigBlk /proc/self/status) >DIR/surroundings; (true',
	gone => 'rm "$0"; exit 75');
my %channels;
for my $name (keys %commands)
{
	my $text = $commands{$name} =~ s/DIR/$dir/gr;

	$text =~ s/^exec cat >(\S+) && (.*)/cat >$1 \&\& $2/;
	$text = "($text)" if $name eq 'surroundings';
	$channels{$name} = { command => write_command("$dir/$name", "$text\n"), time_limit => '20 s' };
}
$channels{hang}{time_limit} = '300 ms';
$channels{loud}{time_limit} = '300 ms';
$channels{wait}{concurrency} = 2;

sub config
{
	my ($name, $relay, @names) = @_;

	return write_config("$dir/$name.ini",
		{ conninfo => $conninfo, worker => $name, log => 'debug', poll => '1 h', lease => '5 s', workers => 32, %$relay },
		{ map { $_ => $channels{$_} } @names });
}

sub sql { return $node->safe_psql('messages', @_) }

# Waits for a condition over messages; false after 20 s.
sub soon
{
	my ($condition) = @_;

	for (my $end = time + 20; time < $end; sleep 0.05)
	{
		return 1 if sql("SELECT $condition FROM message") eq 't';
	}
	return 0;
}

sub put
{
	my ($channel, $n) = @_;

	sql("INSERT INTO message (channel) SELECT '$channel' FROM generate_series(1, " . ($n // 1) . '); NOTIFY pg_incident');
	return;
}

sub outcome { return sql("SELECT state, reference, error FROM message WHERE channel = '$_[0]'") }

# What a command's end means.
put($_) for grep { !/slow|wait|hang/ } keys %commands;
put('hang');
put('slow');
put('other');
my $started = time;
my $relay = Relay->start(config('first', { metrics => "$dir/relay.prom" }, grep { $_ ne 'gone' } keys %commands));
ok(soon(q{bool_and(state <> 'open' OR error IS NOT NULL OR channel IN ('other', 'slow', 'gone'))}), 'commands are run');
is(outcome('ok'), 'sent|reference ok|', 'sent, with a reference');
is(outcome('line'), 'sent|first|', 'of much output the first line is the reference');
is(outcome('odd'), 'sent|?  "quoted" \ {a,b} 文|', 'output of any bytes');
is(outcome('silent'), 'sent||', 'no output, and a message that is not read');
is(outcome('tempfail'), 'open||exit status 75: first last', 'to be tried again');
is(outcome('dataerr'), 'dead||exit status 65: no ? way', 'for good');
is(outcome('nouser'), 'dead||exit status 67', 'for good, without a word');
is(outcome('config'), 'open||exit status 78: no secret', 'a fault of the setup is tried again');
is(outcome('signal'), 'open||ended by signal 9', 'a command that dies');
like(outcome('hang'), qr/^open\|\|the time limit of 300 ms passed$/, 'a command that hangs and does not hear');
like(outcome('loud'), qr/^open\|\|the time limit of 300 ms passed: .*error( error){100,}$/, 'one that writes without end');
is(outcome('other'), 'open||', 'what has no channel here is left to others');
my $child = slurp_file("$dir/hang.pid") + 0;
ok(!-e "/proc/$child/stat" || slurp_file("/proc/$child/stat") =~ /\) Z /, 'of a command whose time is over nothing runs on');

my ($json) = map { slurp_file($_) } glob "$dir/got/ok.*";
my ($key) = sql(q{SELECT key FROM message WHERE channel = 'ok'});
my ($notice) = sql(q{SELECT notice FROM message WHERE channel = 'ok'});
is($json, qq({"notice":$notice,"key":"$key","incident":7,"contact":"head-1","channel":"ok","address":"somebody\@example.org",)
	  . q("language":"zh","subject":"响应级别 2","body":"Text","payload":{"status": "open"},) . qq("token":"token-$notice","attempt":1}),
	'what a command reads');

my @lines = split /\n/, slurp_file("$dir/surroundings");
is(join(' ', @lines[ 0 .. 3 ]), '0 1 2 3', 'no descriptors but the three (and that of ls)');
is("$lines[4] $lines[5]", "/ $lines[6]", 'its directory is the root, and it leads its process group');
like($lines[-1], qr/^SigBlk:\s0+$/, 'no signal is blocked');
is(join(' ', grep { !/^(PATH|PWD|OLDPWD|SHLVL|_|LANG|PG_INCIDENT_\w+)=/ } @lines[ 7 .. $#lines - 1 ]), '', 'nothing of the relay\'s environment');
ok((grep { $_ eq 'PG_INCIDENT_CHANNEL=surroundings' } @lines), 'but the channel');

# A slow command, longer than the lease: nobody else gets its message.
is(sql(q{SELECT count(*) FROM incident.claim_notices('thief', ARRAY['slow'], 10, '1 min')}), 0, 'a slow command keeps its message');
ok(soon(q{bool_or(channel = 'slow' AND state = 'sent')}), 'by renewing its lease');
cmp_ok(time - $started, '>', 5, 'which would have ended');

# Without polling a notification brings a message out at once.
$started = time;
put('ok', 300);
ok(soon(q{count(*) FILTER (WHERE channel = 'ok' AND state = 'sent') = 301}), 'notified, it delivers');
note sprintf '300 messages in %.2f s', time - $started;
is(scalar(() = glob "$dir/got/ok.*"), 301, 'each once');

# It cannot be started.
rename "$dir/silent", "$dir/silent.away" or die;
put('silent');
ok(soon(q{bool_or(channel = 'silent' AND error IS NOT NULL)}), 'a command that cannot be started');
is(sql(q{SELECT error FROM message WHERE channel = 'silent' AND error IS NOT NULL}), "cannot start $dir/silent: No such file or directory", 'is told');
rename "$dir/silent.away", "$dir/silent" or die;

# The server goes away and comes back.
$node->stop('immediate');
ok($relay->wait_for(qr/level=error event="connection lost"/), 'a lost session is told');
$node->start;
ok($relay->wait_for(qr/event=connected.*event="connection lost".*event=connected/s), 'and made again');
put('ok');
ok(soon(q{count(*) FILTER (WHERE channel = 'ok' AND state = 'sent') = 302}), 'it goes on');

# The end: what runs may end, what was not begun is given back.
put('wait', 6);
ok(soon(q{count(*) FILTER (WHERE channel = 'wait' AND worker = 'first') >= 4}), 'some messages run, some wait');
$relay->signal('TERM');
ok($relay->wait_for(qr/event=stopping running=2/), 'asked to stop');
ok(soon(q{count(*) FILTER (WHERE channel = 'wait' AND worker IS NOT NULL) = 2}), 'what was not begun is given back at once');
append_to_file("$dir/go", '');
is($relay->wait, 0, 'it ends with 0');
is(sql(q{SELECT state, attempt, count(*) FROM message WHERE channel = 'wait' GROUP BY 1, 2 ORDER BY 1}), "open|0|4\nsent|1|2", 'what ran was told of');
unlink "$dir/go";
unlike($relay->log, qr/token-|somebody|Text|响应/, 'the log tells nothing of what messages say');

my $metrics = slurp_file("$dir/relay.prom");
my $label = '\{worker="first",channel="ok"';
like($metrics, qr/^pg_incident_relay_messages_total$label,result="sent"\} 302$/m, 'counters by channel');
like($metrics, qr/^pg_incident_relay_connections_total\{worker="first"\} 2$/m, 'and of the whole');
is(join("\n", grep { !/^(# (HELP|TYPE) \w+ .+|pg_incident_relay_\w+\{worker="first"(,\w+="\w+")*\} [\d.]+)$/ } split /\n/, $metrics), '', 'in the format of Prometheus');
is(scalar(() = glob "$dir/relay.prom*"), 1, 'no unfinished file is left');

# Commands that do not end in the grace time, and a relay that is killed.
$relay = Relay->start(config('second', { grace => '200 ms' }, 'wait'));
ok(soon(q{count(*) FILTER (WHERE channel = 'wait' AND worker = 'second') = 4}), 'given back, they are claimed again');
is($relay->stop, 0, 'a short grace time');
is(sql(q{SELECT count(*) FROM message WHERE channel = 'wait' AND error = 'the relay was stopped'}), 2, 'commands that outlive it are ended, and tried again');
sql(q{DELETE FROM message WHERE channel = 'wait'});
put('wait', 4);
$relay = Relay->start(config('killed', {}, 'wait'));
ok(soon(q{count(*) FILTER (WHERE channel = 'wait' AND worker = 'killed') = 4}), 'a relay claims');
is($relay->stop('KILL'), 128 + 9, 'and is killed');
append_to_file("$dir/go", '');
$relay = Relay->start(config('heir', { poll => '200 ms' }, 'wait'));
ok(soon(q{bool_and(channel <> 'wait' OR state = 'sent')}), 'another takes its messages over');
is(sql(q{SELECT DISTINCT attempt FROM message WHERE channel = 'wait'}), 2, 'when the leases are over');

# Another has its messages, as after a long sleep of the machine.
unlink "$dir/go";
is($relay->stop, 0, 'the heir ends');
put('wait', 4);
$relay = Relay->start(config('robbed', {}, 'wait'));
ok(soon(q{count(*) FILTER (WHERE worker = 'robbed') >= 4}), 'a relay claims');
sql(q{UPDATE message SET worker = 'thief', lease_until = now() + interval '1 hour' WHERE notice IN
	(SELECT notice FROM message WHERE worker = 'robbed' ORDER BY notice OFFSET 1)});
ok($relay->wait_for(qr/event="lease lost" notice=\d+ channel=wait begun=no/), 'it lets go of those that it has lost');
append_to_file("$dir/go", '');
ok(soon(q{bool_or(channel = 'wait' AND state = 'sent' AND attempt = 1)}), 'and delivers the one that it has');
is($relay->stop, 0, 'it ends');
is(sql(q{SELECT state, count(*) FROM message WHERE notice > (SELECT max(notice) - 4 FROM message) AND worker IS NULL GROUP BY 1}), 'sent|1', 'but no other')
  or diag $relay->log;
sql('DELETE FROM message');
$relay = Relay->start(config('heir', { poll => '200 ms' }, 'wait'));
ok($relay->wait_for(qr/event=connected/), 'the heir again');

# Another configuration.
my $config = config('heir', { poll => '200 ms' }, 'wait', 'ok');
append_to_file($config, "[relay]\nnonsense = 1\n");
put('ok');
$relay->signal('HUP');
ok($relay->wait_for(qr/event=configuration file=\S+ line=\d+ error="\[relay\] has no key.*event="not reloaded; the config/s), 'a broken configuration is told');
put('wait');
ok(soon(q{bool_and(channel <> 'wait' OR state = 'sent')}), 'and the one from before stays');
config('heir', { poll => '200 ms', worker => 'other' }, 'ok');
$relay->signal('HUP');
ok($relay->wait_for(qr/event="not reloaded; restart to change it" key=worker.*event=reloaded/s), 'a sound one is taken');
ok(soon(q{bool_and(channel <> 'ok' OR state = 'sent')}), 'and what it names delivered');
is($relay->stop('INT'), 0, 'SIGINT ends it too');

# Another version of the extension.
sql(q{UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'pg_incident'});
my ($status, undef, $err) = run_relay('--once', "--config=$config");
is($status, 75, 'with another version it does not work');
like($err, qr/event="wrong version" error="the database has pg_incident 0\.9, this relay is for 1\.0; run/, 'and says why');
sql(q{UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'pg_incident'});

# Refused: one of several messages that the database does not take back keeps none of the others.
sql(q{ALTER TABLE message ADD CONSTRAINT cursed CHECK (state <> 'sent' OR body <> 'cursed') NOT VALID});
put('ok', 5);
sql(q{UPDATE message SET body = 'cursed' WHERE notice = (SELECT max(notice) FROM message)});
($status, undef, $err) = run_relay('--once', "--config=$config");
is($status, 0, 'once');
is(sql(q{SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'open') FROM (SELECT * FROM message WHERE channel = 'ok' ORDER BY notice DESC LIMIT 5) AS m}), '4|1', 'a message that the database refuses keeps none of the others');
like($err, qr/event="cannot tell what was sent" messages=1 sqlstate=23514/, 'and is told');
sql('DELETE FROM message');

# The service manager.
my $manager = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$dir/notify") or die;
$relay = Relay->start($config, environment => { NOTIFY_SOCKET => "$dir/notify" });
ok($relay->wait_for(qr/event=connected/), 'under a service manager');
$relay->signal('HUP');
$relay->wait_for(qr/event=reloaded/);
is($relay->stop, 0, 'it ends');
my @told;
$manager->blocking(0);
push @told, $_ while defined $manager->recv($_, 1000);
like(join(' ', map { s/\n/ /gr } @told), qr/^READY=1 STATUS=.*WATCHDOG=1 STATUS=connected.*RELOADING=1 READY=1 STOPPING=1 STATUS=/, 'which is told of it');

# No memory is misused and none is lost.
put($_) for qw(ok ok line odd dataerr);
$relay = Relay->start($config = config('checked', {}, qw(ok line odd dataerr silent)), arguments => ['--once'],
	prefix => [ qw(valgrind --quiet --leak-check=full --error-exitcode=99 --child-silent-after-fork=yes) ]);
is($relay->wait, 0, 'nothing for valgrind to tell') or diag $relay->log;
is(sql(q{SELECT count(*) FROM message WHERE state IN ('sent', 'dead')}), 5, 'and all is delivered');

done_testing();
