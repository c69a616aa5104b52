package PgIncident;

# Helpers of the TAP tests.
#
#   use FindBin;
#   use lib "$FindBin::Bin/../lib";
#   use PgIncident;
#
# Using it also puts test/oracle into @INC, for `use Grading; use Lives;`.
#
# source_dir()
#     The root of the sources: PG_INCIDENT_SRC, else relative to this file.
#
# c_sources(), sql_parts()
#     The files of the module and the parts of the install script, in order.
#
# zone_directory()
#     The time zones that the server reads: its own where it has some, else the system's.
#
# start_node($name, %options)
#     A started PostgreSQL::Test::Cluster, UTF8, with a database 'incident'
#     that holds the extension. It stops when the test ends. In ./check it is a
#     copy of one that the first test has made, unless options of init are given;
#     where the making itself is tested, that is done in another database. Options:
#       conf      => lines for postgresql.conf
#       init      => { arguments of PostgreSQL::Test::Cluster->init }
#       preload   => shared_preload_libraries; with 'pg_cron' the extension
#                    pg_cron is created too, in cron_database
#       cron_database => where pg_cron lives (default 'incident')
#
# run_scripts($node, [$database, $file], ...)
#     Runs SQL files by psql side by side, each stopping at its first error.
#     Returns for each what went wrong, '' for nothing. Output of statements
#     is thrown away; use \o in the file to keep some.

use strict;
use warnings;
use Exporter 'import';
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Spec;
use IPC::Run;
use List::Util qw(uniq);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(source_dir c_sources sql_parts zone_directory start_node run_scripts);

my @INITDB = ('--encoding=UTF8', '--locale=C');
my $SOURCE;

BEGIN
{
	$SOURCE = $ENV{PG_INCIDENT_SRC}
	  || File::Spec->rel2abs(dirname(__FILE__) . '/../..');
}

use lib "$SOURCE/test/oracle";

sub source_dir { return $SOURCE }

sub c_sources { return sort grep { !m{/src/relay/} } map { glob("$SOURCE/src/$_") } qw(*.[ch] */*.[ch]) }

sub sql_parts { return map { "$SOURCE/extension/$_" } uniq(slurp_file("$SOURCE/extension/parts") =~ /^(\S+)/mg) }

sub zone_directory
{
	my ($share) = run_command([ 'pg_config', '--sharedir' ]);
	return -d "$share/timezone" ? "$share/timezone" : '/usr/share/zoneinfo';
}

sub start_node
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $cron = ($options{preload} || '') =~ /\bpg_cron\b/;
	my $cron_database = $options{cron_database} || 'incident';

	my $copied = $ENV{PG_INCIDENT_TEMPLATE} && !$options{init};

	if ($copied)
	{
		make_template();
		$node->init_from_backup(bless({}, 'PgIncident::Template'), 'data');
	}
	else
	{
		$node->init(extra => \@INITDB, %{ $options{init} || {} });
	}
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = '$options{preload}'")
	  if $options{preload};
	$node->append_conf('postgresql.conf',
		"cron.database_name = '$cron_database'\ncron.host = '" . $node->host . "'")
	  if $cron;
	$node->append_conf('postgresql.conf', $options{conf}) if $options{conf};
	$node->start;

	$node->safe_psql('postgres', 'CREATE DATABASE incident') unless $copied;
	if ($cron)
	{
		$node->safe_psql('postgres', "CREATE DATABASE $cron_database")
		  unless $cron_database =~ /^(?:incident|postgres)$/;
		$node->safe_psql($cron_database, 'CREATE EXTENSION pg_cron');
	}
	$node->safe_psql('incident', 'CREATE EXTENSION pg_incident') unless $copied;
	return $node;
}

# What start_node copies: made by whoever comes first, for which others wait.
sub make_template
{
	open my $lock, '>', "$ENV{PG_INCIDENT_TEMPLATE}/lock" or die "$ENV{PG_INCIDENT_TEMPLATE}/lock: $!";
	flock $lock, LOCK_EX or die "cannot lock the template: $!";
	return if -d "$ENV{PG_INCIDENT_TEMPLATE}/data";

	my $node = PostgreSQL::Test::Cluster->new('template');

	$node->init(extra => \@INITDB);
	$node->start;
	$node->safe_psql('postgres', 'CREATE DATABASE incident');
	$node->safe_psql('incident', 'CREATE EXTENSION pg_incident');
	$node->stop;
	rename $node->data_dir, "$ENV{PG_INCIDENT_TEMPLATE}/data" or die "cannot move the template: $!";
	return;
}

sub run_scripts
{
	my ($node, @scripts) = @_;
	my @runs;
	for my $script (@scripts)
	{
		my ($database, $file) = @$script;
		my $errors = '';
		my @command = (
			$node->installed_command('psql'),
			qw(-X -q -A -t -v ON_ERROR_STOP=1 -d),
			$node->connstr($database), '-f', $file);
		my $harness = IPC::Run::start(\@command, '<', File::Spec->devnull,
			'>', File::Spec->devnull, '2>', \$errors);
		push @runs, [ $harness, \$errors ];
	}
	return map {
		my ($harness, $errors) = @$_;
		my $done = IPC::Run::finish($harness);
		$done ? '' : $$errors || 'psql failed';
	} @runs;
}

# As much of a node as init_from_backup asks for.
package PgIncident::Template;

sub name { return 'template' }

sub backup_dir { return $ENV{PG_INCIDENT_TEMPLATE} }

1;
