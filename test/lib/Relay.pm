package Relay;

# Helpers of the tests of pg_incident_relay.
#
#   use Relay;
#
# write_config($file, { key => value }, { channel => { key => value } })
#     Writes a configuration.
#
# write_command($file, $text)
#     Writes a shell script that a channel can run.
#
# Relay->start($config, %options), $relay->stop($signal), $relay->log
#     Runs the relay until it is stopped; stop returns its exit status, 128 and the signal when
#     one has ended it. Options: prefix => [ a program that runs it ], environment => { … }.
#
# $relay->wait_for($pattern)
#     Waits until the log has a line; false after 20 s.
#
# run_relay(@arguments)
#     Runs it to its end: (exit status, output, errors).

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(write_config write_command run_relay);

my $PATIENCE = 20;    # seconds

sub write_file
{
	my ($file, $text) = @_;

	open my $out, '>', $file or die "$file: $!\n";
	print $out $text;
	close $out or die "$file: $!\n";
	return $file;
}

sub write_config
{
	my ($file, $relay, $channels) = @_;
	my $text = "[relay]\n";

	$text .= "$_ = $relay->{$_}\n" for sort keys %$relay;
	for my $name (sort keys %$channels)
	{
		$text .= "\n[channel $name]\n";
		$text .= "$_ = $channels->{$name}{$_}\n" for sort keys %{ $channels->{$name} };
	}
	return write_file($file, $text);
}

sub write_command
{
	my ($file, $text) = @_;

	write_file($file, "#!/bin/sh\n$text");
	chmod 0755, $file or die "$file: $!\n";
	return $file;
}

sub start
{
	my ($class, $config, %options) = @_;
	my $log = "$config.log";
	my $pid;

	unlink $log;
	$pid = fork() // die "fork: $!\n";

	if ($pid == 0)
	{
		my @command = (@{ $options{prefix} || [] }, 'pg_incident_relay', "--config=$config", @{ $options{arguments} || [] });

		%ENV = (%ENV, %{ $options{environment} || {} });
		open STDERR, '>', $log or die "$log: $!\n";
		open STDOUT, '>', "$config.out" or die;
		exec @command or die "$command[0]: $!\n";
	}
	return bless { pid => $pid, log => $log }, $class;
}

sub log { my ($self) = @_; return slurp_file($self->{log}) }

sub wait_for
{
	my ($self, $pattern) = @_;

	for (my $end = time + $PATIENCE; time < $end; sleep 0.05)
	{
		return 1 if -e $self->{log} && $self->log =~ $pattern;
	}
	return 0;
}

sub signal { my ($self, $signal) = @_; kill $signal => $self->{pid}; return }

sub wait
{
	my ($self) = @_;

	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

sub stop
{
	my ($self, $signal) = @_;

	$self->signal($signal // 'TERM');
	return $self->wait;
}

sub DESTROY
{
	my ($self) = @_;

	local $?;
	$self->stop('KILL') if $self->{pid};
	return;
}

sub run_relay
{
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'pg_incident_relay', @_ ], '>', \$out, '2>', \$err);
	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $out, $err);
}

1;
