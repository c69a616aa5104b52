package OutboxClients;

# Who works on the outbox in t/notice_stress.t: processes with a session each, which may be
# killed at any moment, and what they write down meanwhile.
#
#   my $clients = OutboxClients->new($node, $directory);
#   $clients->start('claimer', 'claimer-1')    a process; kinds: claimer, writer, reporter, rotator
#   $clients->kill_one($name)                  by SIGKILL, its psql too; it is started again
#   $clients->kill_all
#   $clients->drain                            claims and sends until nothing has been left for a while
#   $clients->journal                          what all wrote, see below
#
# The journal is a list of events, hashes with what => and:
#   claim    id, worker, began, ended           a claim, before anything of it was delivered
#   given    id, notice, key, address, incident, channel    one of its messages, delivered now
#   kept     id, at                             its lease was renewed at this moment or later
#   let_go   id, notice, at                     is about to be given back or said to have failed
#   dead     key                                is about to be said to have failed for good
#   sent     id, notice, at                     was accepted as sent before this moment
#   refused  id, count                          so many that were sent were another's by then
#   resolved incident, at                       was committed before this moment
#   rotated  what                               something was emptied

use strict;
use warnings;
use IO::Handle;
use IPC::Open3;
use List::Util qw(shuffle);
use POSIX ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(time sleep);

our $LEASE = 1;    # seconds

my @CLAIMED = qw(notice key address incident channel);
my $QUIET   = 2.5;    # seconds without anything to claim that end a drain
my $PATIENCE = 40;    # seconds that a drain may take

my %KINDS = (claimer => \&claim_and_deliver, writer => \&write_some, reporter => \&report_some, rotator => \&tend);

sub new
{
	my ($class, $node, $directory) = @_;

	mkdir $directory;
	return bless {
		psql      => [ $node->installed_command('psql'), qw(-X -q -A -t -F), "\t", '-d', $node->connstr('incident') ],
		directory => $directory,
		kinds     => {},
		pids      => {}
	}, $class;
}

sub start
{
	my ($self, $kind, $name) = @_;

	$self->{kinds}{$name} = $kind;
	my $pid = fork // die "cannot fork: $!";
	if ($pid == 0)
	{
		setpgrp;
		srand(time * 1000 ^ $$ << 8);
		$self->{name} = $name;
		$self->{no}   = 0;
		$self->{born} = time;	# as process numbers come again
		eval { $KINDS{$kind}->($self); 1 } or print STDERR "$name: $@" while 1;
		POSIX::_exit(1);
	}
	setpgrp $pid, $pid;
	$self->{pids}{$name} = $pid;
	return;
}

sub kill_one
{
	my ($self, $name) = @_;
	my $pid = $self->end($name);

	$self->start($self->{kinds}{$name}, $name);
	return $pid;
}

sub end
{
	my ($self, $name) = @_;
	my $pid = delete $self->{pids}{$name};

	kill 'KILL', -$pid;
	waitpid $pid, 0;
	return $pid;
}

sub kill_all
{
	my ($self) = @_;

	$self->end($_) for keys %{ $self->{pids} };
	return;
}

# Runs SQL; its rows, or nothing when the connection was lost or the last statement failed.
sub ask
{
	my ($self, $sql) = @_;

	if (!$self->{in})
	{
		delete $self->{out};
		open my $nowhere, '>', File::Spec->devnull or die $!;
		$self->{pid} = open3($self->{in}, $self->{out}, '>&' . fileno($nowhere), @{ $self->{psql} });
		$self->{in}->autoflush;
	}
	local $SIG{PIPE} = 'IGNORE';
	print { $self->{in} } "$sql;\n\\echo =:ERROR\n";
	my @rows;
	while (defined(my $line = readline $self->{out}))
	{
		chomp $line;
		return $line eq '=false' ? \@rows : undef if $line =~ /^=(?:true|false)$/;
		push @rows, [ split /\t/, $line, -1 ];
	}
	close $self->{in};
	close $self->{out};
	waitpid $self->{pid}, 0;
	delete $self->{in};
	sleep 0.1;
	return;
}

# One line at once, so that what was killed leaves whole lines.
sub note_down
{
	my ($self, @events) = @_;
	my $lines = join '', map { join("\t", %$_) . "\n" } @events;

	open $self->{book}, '>>', "$self->{directory}/$self->{name}.$$" or die $! unless $self->{book};
	syswrite $self->{book}, $lines;
	return;
}

sub journal
{
	my ($self) = @_;
	my @events;

	for my $file (glob "$self->{directory}/*")
	{
		my $text = slurp_file($file);
		$text =~ s/[^\n]+\z//;
		push @events, map { +{ split /\t/, $_, -1 } } split /\n/, $text;
	}
	return @events;
}

sub chance { return rand() < $_[0] }

# Claims, and delivers, which is to write it down. Returns the claim and its messages.
sub claim
{
	my ($self, $most) = @_;
	my $id    = "$self->{name}.$self->{born}." . ++$self->{no};
	my $began = time;
	my $rows  = $self->ask('SELECT ' . join(', ', @CLAIMED)
		  . " FROM incident.claim_notices('$self->{name}', '{bulk,email,phone}', $most, '$LEASE s')");

	return unless $rows && @$rows;
	my @given = map { my %message = (what => 'given', id => $id); @message{@CLAIMED} = @$_; \%message } @$rows;
	$self->note_down({ what => 'claim', id => $id, worker => $self->{name}, began => $began, ended => time }, @given);
	return ($id, @given);
}

sub sent
{
	my ($self, $id, @messages) = @_;

	return unless @messages;
	my $numbers  = join ',', map { $_->{notice} } @messages;
	my $accepted = $self->ask("SELECT incident.notice_sent('$self->{name}', '{$numbers}')") or return;
	if ($accepted->[0][0] == @messages)
	{
		my $at = time;
		$self->note_down(map { +{ what => 'sent', id => $id, notice => $_->{notice}, at => $at } } @messages);
	}
	else
	{
		$self->note_down({ what => 'refused', id => $id, count => @messages - $accepted->[0][0] });
	}
	return;
}

sub let_go
{
	my ($self, $id, @messages) = @_;
	my $at = time;

	$self->note_down(map { +{ what => 'let_go', id => $id, notice => $_->{notice}, at => $at } } @messages);
	return;
}

sub claim_and_deliver
{
	my ($self) = @_;
	my ($id, @given) = $self->claim(1 + int rand(chance(0.3) ? 5 : 200));

	if (!@given)
	{
		sleep 0.02;
		return;
	}
	@given = shuffle @given if chance(0.3);
	if (chance(0.15))
	{
		my $failed    = shift @given;
		my $permanent = chance(0.2) ? 'true' : 'false';

		$self->let_go($id, $failed);
		$self->note_down({ what => 'dead', key => $failed->{key} }) if $permanent eq 'true';
		$self->ask("SELECT incident.notice_failed('$self->{name}', $failed->{notice}, 'it failed', $permanent)");
	}
	elsif (chance(0.06))
	{
		my @back = splice @given, 0, 1 + int rand @given;

		$self->let_go($id, @back);
		$self->ask("SELECT incident.give_back('$self->{name}', '{" . join(',', map { $_->{notice} } @back) . "}')");
	}
	if (chance(0.04))
	{
		my $at      = time;
		my $numbers = join ',', map { $_->{notice} } @given;
		my $renewed = $self->ask("SELECT incident.renew_lease('$self->{name}', '{$numbers}', '$LEASE s')");

		$self->note_down({ what => 'kept', id => $id, at => $at }) if $renewed && $renewed->[0][0] == @given;
		sleep $LEASE * 0.7;
	}
	elsif (chance(0.06))
	{
		sleep $LEASE * (0.8 + rand);
	}
	$self->sent($id, splice @given, 0, 1 + int rand @given) while @given && chance(0.3);
	$self->sent($id, @given) unless chance(0.02);
	return;
}

# Messages of a transaction that may take its numbers early, commit late, or not at all.
sub write_some
{
	my ($self) = @_;
	my @statements = ('BEGIN');

	for (1 .. 1 + int rand 3)
	{
		my $early = chance(0.3);

		push @statements, q{SELECT nextval('incident_internal.notices_id_seq') AS early \gset} . "\nSELECT 1" if $early;
		push @statements, 'SELECT pg_sleep(' . rand(0.3) . ')' if chance(0.1);
		push @statements, sprintf 'SELECT write_messages(%s, %d, %s)', chance(0.3) ? 1 : 2, 1 + int rand(chance(0.08) ? 300 : 12), $early ? ':early' : 'NULL';
		push @statements, 'SELECT pg_sleep(' . (chance(0.03) ? 1 + rand 3 : rand 0.02) . ')';
	}
	$self->ask(join(";\n", @statements, chance(0.9) ? 'COMMIT' : 'ROLLBACK'));
	sleep rand 0.1;
	return;
}

# The first few incidents stay open, so that not everything is cancelled.
sub report_some
{
	my ($self) = @_;

	if (chance(0.2))
	{
		$self->ask(q{SELECT incident.open(NULL, 'severe', detected_at => clock_timestamp())});
	}
	else
	{
		my $found = $self->ask(q{SELECT incident_id, acknowledged_at IS NULL FROM incident_internal.incident_state
			WHERE incident_id > 20 AND status <> 'resolved' ORDER BY random() LIMIT 1});

		if ($found && @$found)
		{
			my ($incident, $new) = @{ $found->[0] };

			if ($new eq 't' && chance(0.5))
			{
				$self->ask("SELECT incident.acknowledge($incident)");
			}
			elsif ($self->ask("SELECT incident.resolve($incident)"))
			{
				$self->note_down({ what => 'resolved', incident => $incident, at => time });
			}
		}
	}
	sleep rand 0.05;
	return;
}

sub tend
{
	my ($self) = @_;

	$self->ask('SELECT incident.archive_notices(100)');
	for my $what (qw(notices leases))
	{
		my $rotated = $self->ask("SELECT incident.rotate_$what()");
		$self->note_down({ what => 'rotated', of => $what }) if $rotated && $rotated->[0][0] eq 't';
	}
	$self->ask('SELECT watch_outbox()');
	sleep 0.1;
	return;
}

sub drain
{
	my ($self) = @_;
	my $began = time;
	my $last  = $began;

	$self->{name} = 'drain';
	$self->{born} = $began;
	while (time < $last + $QUIET && time < $began + $PATIENCE)
	{
		my ($id, @given) = $self->claim(1000);

		$self->sent($id, @given);
		my $rest = $self->ask('SELECT incident.archive_notices(1000) + (SELECT count(*) FROM incident_internal.retries)');
		$last = time if @given || !$rest || $rest->[0][0] > 0;
		sleep 0.05 unless @given;
	}
	return;
}

1;
