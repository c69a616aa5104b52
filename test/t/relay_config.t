# pg_incident_relay: its options, and what it says of its configuration.
#
# PG_INCIDENT_FUZZ_SECONDS (2) is how long mangled configurations are tried.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Relay;
use Test::More;

my $SECONDS = $ENV{PG_INCIDENT_FUZZ_SECONDS} // 2;
my $seed = $ENV{PG_INCIDENT_SEED} // time;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $RELAY = source_dir() . '/src/relay';

program_help_ok('pg_incident_relay');
program_version_ok('pg_incident_relay');
program_options_handling_ok('pg_incident_relay');

my ($control) = slurp_file(source_dir() . '/pg_incident.control') =~ /default_version = '(.*)'/;
like((run_relay('--version'))[1], qr/ \Q$control\E$/, 'its version is the extension\'s');

my ($status, $out, $err) = run_relay('--check', "--config=$dir/none.ini");
is("$status $err", "78 $dir/none.ini: cannot be opened: No such file or directory\n", 'a file that is not there');

# A sound one, with values that go on in the next line, quotes and comments.
my $sound = <<'END';
# A comment
[relay]
conninfo = host=/tmp dbname=incident   ; another
    sslmode=prefer
worker = one
batch = 10
lease = 1 min
poll = 500ms
workers = 4
grace = 0 s
log = debug
metrics = /tmp/relay.prom
[channel 短信]
command = /bin/sh -c 'exit 0'
	"two words"
time_limit = 1 h
concurrency = 2
END
is(checked($sound), '', 'a sound configuration');

# Each fault, alone, with the line at which it is told.
my @faults = (
	[ '', 'FILE: has no [channel NAME]' ],
	[ "[channel a]\ncommand = /bin/true\nwhat\n", 'FILE:3: is neither [section] nor key = value' ],
	[ "what\n[channel a]\ncommand = /bin/true\n[nonsense\n", "FILE:1: is neither [section] nor key = value\nFILE:4: is neither [section] nor key = value" ],
	[ "[chanel a]\ncommand = /bin/true\n", 'FILE:2: section [chanel a] is neither [relay] nor [channel NAME]' ],
	[ "[channel a]\n[channel b]\ncommand = /bin/true\n", 'FILE:1: the section has no key' ],
	[ "[channel a]\ncommand = /bin/true\n[relay]\n", 'FILE:3: the section has no key' ],
	[ "[channel a]\ntime_limit = 5 s\n", 'FILE:2: [channel a] has no command', 1 ],
	[ "[channel ]\ncommand = /bin/true\n", 'FILE:2: a channel\'s name has 1 to 40 bytes' ],
	[ '[channel ' . 'a' x 60 . "]\ncommand = /bin/true\n", 'FILE:2: a channel\'s name has 1 to 40 bytes' ],
	[ "[channel a]\ncommand = true\n", 'FILE:2: command: "true" is no absolute path' ],
	[ "[channel a]\ncommand = /no/such\n", 'FILE:2: command: "/no/such": No such file or directory' ],
	[ "[channel a]\ncommand = /etc/passwd\n", 'FILE:2: command: "/etc/passwd" cannot be executed' ],
	[ "[channel a]\ncommand = /etc\n", 'FILE:2: command: "/etc" cannot be executed' ],
	[ "[channel a]\ncommand = /bin/sh 'a\n", 'FILE:2: command: "/bin/sh \'a" has a quote that is not closed' ],
	[ "[channel a]\ncommand =\n", 'FILE:2: command is empty' ],
	[ "[channel a]\ncommand = /bin/true\ncommand = /bin/true\n", 'FILE:3: command is given twice' ],
	[ "[channel a]\ncommand = /bin/true\n" . 'x' x 300 . "\n", 'FILE:3: the line has more than 197 bytes; a value may go on in the next line, indented' ],
	map { [ "[channel a]\ncommand = /bin/true\n[relay]\n$_->[0]\n", "FILE:4: $_->[1]" ] } (
		[ 'nonsense = 1', '[relay] has no key "nonsense"' ],
		[ 'lease = 60', 'lease: "60" needs a unit: ms, s, min or h' ],
		[ 'lease = long', 'lease: "long" is no time; write it as 30 s, 500 ms, 5 min or 1 h' ],
		[ 'lease = 4999 ms', 'lease must be from 5000 ms to 3600000 ms' ],
		[ 'lease = 99999999999999999999 s', 'lease: "99999999999999999999 s" is no time; write it as 30 s, 500 ms, 5 min or 1 h' ],
		[ 'batch = 0', 'batch must be from 1 to 1000' ],
		[ 'batch = -1', 'batch: "-1" is no whole number' ],
		[ 'batch = 5x', 'batch: "5x" is no whole number' ],
		[ 'workers = 257', 'workers must be from 1 to 256' ],
		[ 'log = loud', 'log: "loud" is none of error, warning, notice, info, debug' ],
		[ 'worker =', 'worker is empty' ],
		[ 'metrics = relay.prom', 'metrics: "relay.prom" is no absolute path' ],
		[ 'conninfo = host', 'conninfo: missing "=" after "host" in connection info string' ],
		[ 'conninfo = nonsense=1', 'conninfo: invalid connection option "nonsense"' ]));
for my $fault (@faults)
{
	my ($text, $told, $line) = @$fault;

	is(checked($text), $told, $told);
}
is(checked("[relay]\nbatch = x\nlease = 1\n[channel a]\ncommand = nothing\nmore = 1\n") =~ tr/\n// + 1, 4, 'all problems are told');
is(checked("[relay]\n\0[channel a]\ncommand = /bin/true\n"), 'FILE: is no text: it has a zero byte', 'a zero byte');
is(checked("# x\n" x 300_000), 'FILE: is larger than 1048576 bytes', 'a file that is too large');

# Whatever the file: it is sound or has problems, and the relay ends by itself.
srand $seed;
note "seed $seed";
my ($tried, @died) = (0);
for (my $end = time + $SECONDS; time < $end; $tried++)
{
	my $text = mangled($sound);

	write_file("$dir/fuzz.ini", $text);
	($status, $out, $err) = run_relay('--check', "--config=$dir/fuzz.ini");
	push @died, "$status $err: $text" unless $status == 0 && $err eq '' || $status == 78 && $err =~ /^\S+fuzz\.ini(:\d+)?: ./;
}
cmp_ok($tried, '>', 20, "mangled configurations: $tried");
is(join("\n", @died), '', 'each is taken or refused');

# What the guide and the manual page show is sound.
for my $example (slurp_file(source_dir() . '/docs/guides/relay.md') =~ /^```ini\n(.*?)^```/msg,
	slurp_file("$RELAY/pg_incident_relay.1") =~ /^\.Bd -literal[^\n]*\n(.*?)^\.Ed/msg)
{
	is(checked($example =~ s{/usr/libexec/pg_incident}{$RELAY/channels}gr), '', 'an example');
}

is(lint("$RELAY/pg_incident_relay.1"), '', 'the manual page is sound');
my $manual = slurp_file("$RELAY/pg_incident_relay.1");
is(join(' ', grep { $manual !~ /^\.It Ic \Q$_\E$/m } slurp_file("$RELAY/config.c") =~ /^\t\{"(\w+)", KEY_/mg), '', 'and tells of each key');

done_testing();

sub write_file { my ($file, $text) = @_; return Relay::write_file($file, $text) }

# What is told of a configuration, the file's name shortened.
sub checked
{
	my ($text) = @_;
	my ($code, undef, $told) = run_relay('--check', '--config=' . write_file("$dir/relay.ini", $text));

	die "exit status $code: $told" if $code != ($told eq '' ? 0 : 78);
	return $told =~ s/\Q$dir\E\/relay\.ini/FILE/gr =~ s/\n\z//r;
}

sub mangled
{
	my ($text) = @_;

	for (0 .. rand 6)
	{
		my $at = int rand length $text;
		my $what = int rand 6;
		my $length = int rand 20;

		if ($what == 0) { substr($text, $at, $length) = '' }
		elsif ($what == 1) { substr($text, $at, 1) = chr int rand 256 }
		elsif ($what == 2) { substr($text, $at, 0) = substr($text, rand length $text, 40) }
		elsif ($what == 3) { substr($text, $at, 0) = ("\n", '[', ']', '"', '=', ';', ' ', "\t", "\r")[ rand 9 ] x $length }
		elsif ($what == 4) { substr($text, $at, 0) = 'long' x (20 * $length) }
		else { $text = substr $text, 0, $at + 1 }
	}
	return $text;
}

# mandoc, where its database of pages is of no interest.
sub lint
{
	my ($page) = @_;
	my ($found, $noise) = ('', '');

	IPC::Run::run([ 'mandoc', '-Tlint', '-Wwarning', $page ], '>', \$found, '2>', \$noise);
	return $found;
}
