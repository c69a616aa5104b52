package PolicyFaults;

# Single faults for test/t/policy_mutations.t: each is put into a preset that is sound.
#
# A fault is [name, preset, what to do to the document in $_, its kind, places...]. The kind
# is `shape` when the JSON Schema must refuse it too, else `sense`. The places are all those
# that check_policy finds.

use strict;
use warnings;

sub title { return { en => 'x', zh => 'x' } }

sub duty
{
	my (%more) = @_;
	return {
		duty   => 'extra',
		title  => title(),
		starts => 'opened',
		scope  => 'event_level',
		for    => [ { levels => ['1'], within => '1 hour', audience => ['users'] } ],
		%more
	};
}

sub rules { my ($document) = @_; return $document->{messages}{rules} }

sub add { my ($array, @items) = @_; push @$array, @items; return }

our @FAULTS = (

	# Words
	[ 'a title of two severities', 'gravity-3', sub { $_->{severities}[2]{title}{en} = 'Especially_grave' }, 'sense',
		'$.severities[2].title.en' ],
	[ 'a word for two severities', 'itil', sub { $_->{severities}[1]{words} = [ 'so-so', 'High  Urgency' ] }, 'sense',
		'$.severities[1].words[1]' ],
	[ 'a word that is another severity', 'eport', sub { $_->{severities}[0]{words} = [ 'grave', ' Minor' ] }, 'sense',
		'$.severities[0].words[1]', '$.severities[2].title.en' ],
	[ 'a word for two asset levels', 'itil', sub { $_->{axes}{asset}{values}[2]{words} = ['medium'] }, 'sense',
		'$.axes.asset.values[2].words[0]' ],
	[ 'a word that is another event level', 'damage-sab', sub { $_->{levels}[0]{words} = ['2'] }, 'sense',
		'$.levels[0].words[0]' ],
	[ 'a blank word', 'damage-sab', sub { $_->{levels}[0]{words} = [' '] }, 'sense', '$.levels[0].words[0]' ],
	[ 'a text for words', 'eport', sub { $_->{severities}[0]{words} = 'grave' }, 'shape', '$.severities[0].words' ],
	[ 'an empty word', 'eport', sub { $_->{severities}[0]{words} = [''] }, 'shape', '$.severities[0].words[0]' ],
	[ 'a long word', 'eport', sub { $_->{severities}[0]{words} = [ 'w' x 201 ] }, 'shape', '$.severities[0].words[0]' ],
	[ 'too many words', 'eport', sub { $_->{levels}[0]{words} = [ map { "word $_" } 1 .. 21 ] }, 'shape', '$.levels[0].words' ],

	# Keys and values
	[ 'an unknown key', 'eport', sub { $_->{remark} = 'x' }, 'shape', '$.remark' ],
	[ 'a key that a path must quote', 'eport', sub { $_->{'no "key"'} = 1 }, 'shape', '$."no \"key\""' ],
	[ 'a misspelt key', 'itil', sub { $_->{levels}[1]{calender} = delete $_->{levels}[1]{calendar} },
		'shape', '$.levels[1].calender' ],
	[ 'a misspelt key that is needed', 'eport', sub { $_->{matrix}[3]{serverity} = delete $_->{matrix}[3]{severity} },
		'shape', '$.matrix[3].serverity', '$.matrix[3].severity' ],
	[ 'an unknown key of a duty', 'eport', sub { $_->{duties}[2]{who} = 'x' }, 'shape', '$.duties[2].who' ],
	[ 'an unknown key far inside', 'itil', sub { $_->{levels}[0]{acknowledge}{steps}[1]{who} = 'x' },
		'shape', '$.levels[0].acknowledge.steps[1].who' ],
	[ 'a missing part', 'eport', sub { delete $_->{hold} }, 'shape', '$.hold' ],
	[ 'a missing matrix', 'eport', sub { delete $_->{matrix} }, 'shape', '$.matrix' ],
	[ 'a missing time', 'eport', sub { delete $_->{levels}[3]{processing_time} }, 'shape',
		'$.levels[3].processing_time' ],
	[ 'an object for an array', 'eport', sub { $_->{posts} = {} }, 'shape', '$.posts' ],
	[ 'an array for an object', 'eport', sub { $_->{escalation} = [] }, 'shape', '$.escalation' ],
	[ 'a number for a time', 'eport', sub { $_->{levels}[0]{processing_time} = 2 }, 'shape',
		'$.levels[0].processing_time' ],
	[ 'no length of time', 'eport', sub { $_->{duties}[0]{for}[2]{within} = 'soon' }, 'shape',
		'$.duties[0].for[2].within' ],
	[ 'a negative time', 'eport', sub { $_->{levels}[0]{processing_time} = '-2 hours' }, 'shape',
		'$.levels[0].processing_time' ],
	[ 'a time without a unit', 'eport', sub { $_->{levels}[0]{processing_time} = '240' }, 'shape',
		'$.levels[0].processing_time' ],
	[ 'working days without a calendar', 'itil', sub { $_->{messages}{limit} = { count => 1, within => '1 working day' } }, 'shape',
		'$.messages.limit.within' ],
	[ 'an infinite time', 'eport', sub { $_->{levels}[2]{processing_time} = 'infinity' }, 'shape',
		'$.levels[2].processing_time' ],
	[ 'a level that is none', 'eport', sub { $_->{matrix}[0]{event_level} = '0' }, 'shape',
		'$.matrix[0].event_level' ],
	[ 'a level as a number', 'eport', sub { $_->{matrix}[0]{event_level} = 1 }, 'shape',
		'$.matrix[0].event_level' ],
	[ 'a severity that is none', 'eport', sub { $_->{severities}[0]{severity} = 'grave' }, 'shape',
		'$.severities[0].severity' ],
	[ 'a name with a space', 'eport', sub { $_->{name} = 'my policy' }, 'shape', '$.name' ],
	[ 'a title in one language', 'eport', sub { delete $_->{levels}[1]{title}{zh} }, 'shape', '$.levels[1].title.zh' ],
	[ 'a title in three languages', 'eport', sub { $_->{duties}[1]{title}{fr} = 'x' }, 'shape', '$.duties[1].title.fr' ],
	[ 'a misspelt language', 'gbz20986', sub { $_->{severities}[0]{criteria}{zn} = delete $_->{severities}[0]{criteria}{zh} },
		'shape', '$.severities[0].criteria.zn', '$.severities[0].criteria.zh' ],
	[ 'a misspelt language of a layer', 'eport', sub { $_->{severities}[1]{criteria}{platform}{zn} = 'x' }, 'shape',
		'$.severities[1].criteria.platform.zn' ],
	[ 'a layer that is no object', 'eport', sub { $_->{severities}[1]{criteria}{en} = 'x' }, 'shape',
		'$.severities[1].criteria.en' ],
	[ 'criteria that are none', 'eport', sub { $_->{severities}[1]{criteria} = { any => [1] } }, 'shape',
		map { "\$.severities[1].criteria.$_" } qw(any en zh) ],
	[ 'a misspelt language of content', 'eport', sub {
			$_->{duties}[3]{content} = { what => { en => 'x', hz => 'x' } };
		}, 'shape',
		'$.duties[3].content.what.hz', '$.duties[3].content.what.zh' ],
	[ 'a text that is too long', 'eport', sub { $_->{source} = 'x' x 65537 }, 'shape', '$.source' ],
	[ 'a post that is too long', 'eport', sub { $_->{posts}[0]{post} = '長' x 201 }, 'shape', '$.posts[0].post' ],
	[ 'an empty title', 'eport', sub { $_->{title}{en} = '' }, 'shape', '$.title.en' ],
	[ 'another way to count the unknown', 'eport', sub { $_->{unknown} = 'least_urgent' }, 'shape', '$.unknown' ],
	[ 'a clock that there is not', 'itil', sub { add($_->{hold}{stops}, 'lunch') }, 'shape', '$.hold.stops[3]' ],
	[ 'a part of more than all', 'itil', sub { $_->{escalation}{steps}[0]{percent} = 101 }, 'shape',
		'$.escalation.steps[0].percent' ],
	[ 'a part that is not whole', 'itil', sub { $_->{escalation}{steps}[0]{percent} = 7.5 }, 'shape',
		'$.escalation.steps[0].percent' ],
	[ 'three persons', 'gravity-3', sub { $_->{authorities}[2]{persons} = 3 }, 'shape', '$.authorities[2].persons' ],
	[ 'a start that there is not', 'eport', sub { $_->{duties}[4]{starts} = 'noon' }, 'shape', '$.duties[4].starts' ],
	[ 'a start after two', 'eport', sub { $_->{duties}[1]{starts}{or} = 'x' }, 'shape', '$.duties[1].starts.or' ],
	[ 'a repeat of no times', 'eport', sub { $_->{duties}[4]{repeat}{limit} = 0 }, 'shape', '$.duties[4].repeat.limit' ],
	[ 'a category with a level that is none', 'eport', sub { $_->{categories}[0]{levels}{high} = title() }, 'shape',
		'$.categories[0].levels.high' ],
	[ 'a message limit of no messages', 'itil', sub { $_->{messages}{limit}{count} = 0 }, 'shape',
		'$.messages.limit.count' ],

	# The matrix
	[ 'a hole', 'eport', sub { splice @{ $_->{matrix} }, 4, 1 }, 'sense', '$.matrix' ],
	[ 'an empty matrix', 'damage-sab', sub { $_->{matrix} = [] }, 'sense', '$.matrix', ( map { "\$.duties[$_].for" } 0 .. 5 ),
		'$.authorities[0].event_levels[0]', '$.authorities[0].event_levels[1]', '$.authorities[0].event_levels[2]',
		'$.authorities[1].event_levels[0]', '$.authorities[2].event_levels[0]', '$.authorities[2].event_levels[1]',
		'$.messages.rules[2].levels' ],
	[ 'a row twice', 'eport', sub { add($_->{matrix}, { %{ $_->{matrix}[0] } }) }, 'sense', '$.matrix[12]' ],
	[ 'a graver severity that is less urgent', 'eport', sub { $_->{matrix}[6]{response_level} = 'none' }, 'sense',
		('$.matrix[6].response_level') x 1 ],
	[ 'two rows swapped', 'itil', sub {
			my ($one, $other) = @{ $_->{matrix} }[ 0, 1 ];
			@$_{qw(event_level response_level)} = @$_{qw(event_level response_level)} for $one;
			($one->{response_level}, $other->{response_level}) = ($other->{response_level}, $one->{response_level});
		}, 'sense', '$.matrix[0].response_level' ],
	[ 'a higher asset that is less urgent', 'eport', sub { $_->{matrix}[2]{response_level} = '3' }, 'sense',
		'$.matrix[2].response_level' ],
	[ 'an event level out of order', 'eport', sub { $_->{matrix}[2]{event_level} = '3' }, 'sense',
		'$.matrix[2].event_level' ],
	[ 'a level that the policy has not', 'itil', sub { $_->{matrix}[8]{response_level} = '6' }, 'sense',
		'$.matrix[8].response_level' ],
	[ 'a severity that is not defined', 'eport', sub { splice @{ $_->{severities} }, 1, 1 }, 'sense', '$.severities' ],
	[ 'a severity that no row has', 'eport', sub { add($_->{severities}, { severity => 'critical', title => title() }) },
		'sense', '$.severities[3]' ],
	[ 'any asset in one row only', 'damage-sab', sub { $_->{matrix}[1]{asset_level} = '2' }, 'sense',
		'$.matrix[0].asset_level', '$.matrix[2].asset_level' ],
	[ 'an asset level without a title', 'itil', sub { splice @{ $_->{axes}{asset}{values} }, 1, 1 }, 'sense',
		'$.axes.asset.values' ],
	[ 'a title for no asset level', 'itil', sub { add($_->{axes}{asset}{values}, { level => '7', title => title() }) },
		'sense', '$.axes.asset.values[3].level' ],
	[ 'a title twice', 'itil', sub { add($_->{axes}{asset}{values}, $_->{axes}{asset}{values}[0]) }, 'sense',
		'$.axes.asset.values[3]' ],
	[ 'a category with a level that no row has', 'eport', sub { $_->{categories}[1]{levels}{5} = title() }, 'sense',
		'$.categories[1].levels."5"' ],

	# Levels and times
	[ 'a level twice', 'itil', sub { add($_->{levels}, $_->{levels}[4]) }, 'sense', '$.levels[5]' ],
	[ 'a time out of order', 'eport', sub { $_->{levels}[1]{processing_time} = '1 hour' }, 'sense',
		'$.levels[1].processing_time' ],
	[ 'no time', 'eport', sub { $_->{levels}[0]{processing_time} = '0 minutes' }, 'sense', '$.levels[0].processing_time' ],
	[ 'a limit below none', 'gravity-3', sub { $_->{levels}[1]{processing_time} = undef; splice @{ $_->{escalation}{steps} }, 1, 1 },
		'sense', '$.levels[2].processing_time' ],
	[ 'a calendar that there is not', 'itil', sub { $_->{levels}[1]{calendar} = 'nowhere' }, 'sense',
		'$.levels[1].calendar' ],
	[ 'steps to an acknowledgement out of order', 'itil', sub { $_->{levels}[0]{acknowledge}{steps}[0]{within} = '1 hour' },
		'sense', '$.levels[0].acknowledge.steps[1].within' ],
	[ 'a step before its acknowledgement', 'itil', sub { $_->{levels}[1]{acknowledge}{within} = '2 hours' }, 'sense',
		'$.levels[1].acknowledge.steps[0].within' ],
	[ 'more steps than there is room for', 'itil', sub {
			$_->{levels}[4]{acknowledge}{steps} = [ map { +{ within => "$_ days", audience => ['team_lead'] } } 1 .. 8 ];
		}, 'shape', '$.levels[4].acknowledge.steps' ],
	[ 'an acknowledgement at a level that no event has', 'itil', sub {
			add($_->{levels}, { level => '6', title => title(), processing_time => undef, acknowledge => { within => '1 day' } });
		}, 'sense', '$.levels[5].acknowledge' ],
	[ 'a response at a level that no event has', 'itil', sub {
			add($_->{levels}, { level => 'none', title => title(), processing_time => undef, respond_within => '1 day' });
		}, 'sense', '$.levels[5].respond_within' ],

	# Escalation
	[ 'steps of another rule', 'itil', sub { $_->{escalation}{rule} = 'none' }, 'sense', '$.escalation.steps',
		'$.messages.rules[7].on', '$.messages.rules[8].on' ],
	[ 'a rule without its steps', 'eport', sub { $_->{escalation}{rule} = 'steps' }, 'sense', '$.escalation.steps',
		'$.messages.rules[3].on' ],
	[ 'a step that measures nothing', 'itil', sub { delete $_->{escalation}{steps}[2]{percent} }, 'shape',
		'$.escalation.steps[2]' ],
	[ 'a step that measures two things', 'itil', sub { $_->{escalation}{steps}[2]{elapsed} = '1 hour' }, 'shape',
		'$.escalation.steps[2]' ],
	[ 'a step to where the response is', 'itil', sub { $_->{escalation}{steps}[0]{to} = '2' }, 'sense',
		'$.escalation.steps[0]' ],
	[ 'a step after a higher one', 'itil', sub { $_->{escalation}{steps}[1]{percent} = 95 }, 'sense',
		'$.escalation.steps[1]' ],
	[ 'a step twice', 'itil', sub { add($_->{escalation}{steps}, $_->{escalation}{steps}[3]) }, 'sense',
		'$.escalation.steps[5]' ],
	[ 'an inactivity that comes too late', 'gravity-3', sub { $_->{escalation}{steps}[2]{inactive} = '40 hours' }, 'sense',
		'$.escalation.steps[2]' ],
	[ 'an inactivity of no time', 'gravity-3', sub { $_->{escalation}{steps}[2]{inactive} = '0 minutes' }, 'sense',
		'$.escalation.steps[2].inactive' ],
	[ 'a report that there is not', 'gravity-3', sub { $_->{escalation}{steps}[2]{reports} = [ 'noted', 'held' ] },
		'shape', '$.escalation.steps[2].reports[1]' ],
	[ 'reports that put off nothing', 'itil', sub { $_->{escalation}{steps}[0]{reports} = ['noted'] }, 'sense',
		'$.escalation.steps[0].reports' ],
	[ 'a step that nothing puts off', 'gravity-3', sub { $_->{escalation}{steps}[2]{reports} = [] }, 'sense',
		'$.escalation.steps[2].reports' ],
	[ 'a step that only duties put off, and there are none', 'gbz20986', sub {
			$_->{escalation} = { rule => 'steps', steps =>
				[ { to => '1', event_levels => ['2'], inactive => '1 hour', reports => ['done'] } ] };
		}, 'sense', '$.escalation.steps[0].reports' ],
	[ 'a report twice', 'gravity-3', sub { $_->{escalation}{steps}[2]{reports} = [ 'noted', 'done', 'noted' ] }, 'sense',
		'$.escalation.steps[2].reports[2]' ],
	[ 'more lists of reports than there is room for', 'gravity-3', sub {
			my $hours = 6;
			$_->{escalation}{steps} = [ map { +{ to => '1', event_levels => ['2'], inactive => --$hours . ' hours',
				reports => [$_] } } qw(noted done assessed activated resumed) ];
		}, 'sense', '$.escalation.steps[4].reports' ],
	[ 'a part of no processing time', 'itil', sub { $_->{levels}[4]{processing_time} = undef }, 'sense',
		'$.escalation.steps[4].percent' ],
	[ 'the rest of no processing time', 'damage-sab', sub {
			$_->{escalation} = { rule => 'steps', steps => [ { to => '1', event_levels => ['2'], remaining => '1 hour' } ] };
		}, 'sense', '$.escalation.steps[0].remaining' ],
	[ 'a step for an event level that there is not', 'itil', sub { $_->{escalation}{steps}[0]{event_levels} = ['8'] }, 'sense',
		'$.escalation.steps[0].event_levels' ],
	[ 'a step for no event level', 'itil', sub { $_->{escalation}{steps}[0]{event_levels} = [] }, 'sense',
		'$.escalation.steps[0].event_levels' ],
	[ 'a step to a level that there is not', 'itil', sub { $_->{escalation}{steps}[4]{to} = '9' }, 'sense',
		'$.escalation.steps[4].to' ],
	[ 'more steps than there is room for in all', 'itil', sub {
			$_->{escalation}{steps} = [ map { +{ to => '1', event_levels => ['2'], percent => 99 - $_ } } 1 .. 33 ];
		}, 'shape', '$.escalation.steps' ],

	# Duties
	[ 'a duty twice', 'eport', sub { $_->{duties}[3]{duty} = 'review' }, 'sense', '$.duties[7]' ],
	[ 'a duty after one that there is not', 'eport', sub { $_->{duties}[1]{starts}{after} = 'nothing' }, 'sense',
		'$.duties[1].starts.after' ],
	[ 'a duty after itself', 'eport', sub { $_->{duties}[0]{starts} = { after => 'notify' } }, 'sense',
		'$.duties[0].starts', '$.duties[1].starts' ],
	[ 'duties in a circle', 'damage-sab', sub { $_->{duties}[1]{starts}{after} = 'report_to_general_manager' }, 'sense',
		map { "\$.duties[$_].starts" } 1 .. 4 ],
	[ 'a duty for a level twice', 'eport', sub { add($_->{duties}[1]{for}[1]{levels}, '2') }, 'sense',
		'$.duties[1].for[1].levels[1]' ],
	[ 'a duty for a level twice at once', 'eport', sub { add($_->{duties}[1]{for}[0]{levels}, '2') }, 'sense',
		'$.duties[1].for[0].levels[2]' ],
	[ 'a duty for nothing', 'eport', sub { $_->{duties}[7]{for} = [] }, 'sense', '$.duties[7].for', '$.duties[7].for' ],
	[ 'a duty for no level', 'eport', sub { $_->{duties}[7]{for}[0]{levels} = [] }, 'sense',
		'$.duties[7].for[0].levels', '$.duties[7].for' ],
	[ 'a duty for a level that there is not', 'eport', sub { $_->{duties}[2]{for}[3]{levels} = ['6'] }, 'sense',
		'$.duties[2].for[3].levels[0]' ],
	[ 'a duty for a level that nothing reaches', 'itil', sub {
			add($_->{levels}, { level => '6', title => title(), processing_time => undef });
			add($_->{duties}, duty(for => [ { levels => ['6'], within => '1 hour', audience => ['users'] } ]));
		}, 'sense', '$.duties[4].for' ],
	[ 'a repeat without end', 'itil', sub { $_->{duties}[2]{repeat} = { limit => undef }; delete $_->{duties}[2]{done_by} },
		'sense', '$.duties[2].repeat' ],
	[ 'a repeat within no time', 'eport', sub { $_->{duties}[4]{for}[1]{within} = '0 minutes' }, 'sense',
		'$.duties[4].for[1].within' ],
	[ 'a repeat that is none', 'eport', sub { $_->{duties}[4]{repeat}{limit} = 1 }, 'sense', '$.duties[4].repeat' ],
	[ 'a duty that is over before it starts', 'eport', sub { $_->{duties}[5]{until} = 'resolved' }, 'sense',
		'$.duties[5].until' ],
	[ 'a duty that its own start does', 'itil', sub { add($_->{duties}, duty(starts => 'activated', done_by => 'activated')) },
		'sense', '$.duties[4].done_by' ],
	[ 'a duty that is done after its end', 'itil', sub { add($_->{duties}, duty(done_by => 'closed')) }, 'sense',
		'$.duties[4].done_by' ],
	[ 'a duty that is done before its start', 'eport', sub { $_->{duties}[7]{done_by} = 'activated' }, 'sense',
		'$.duties[7].done_by' ],
	[ 'a duty that is acknowledged when it is active already', 'itil', sub {
			add($_->{duties}, duty(starts => 'activated', done_by => 'acknowledged')) }, 'sense', '$.duties[4].done_by' ],
	( map { my $deed = $_; [ "a duty that is $deed after the resolution", 'itil', sub {
			add($_->{duties}, duty(starts => 'resolved', done_by => $deed)) }, 'sense', '$.duties[4].done_by' ] }
		qw(acknowledged activated held resumed resolved) ),
	( map { my $deed = $_; [ "a duty that is $deed after the closing", 'itil', sub {
			add($_->{duties}, duty(starts => 'closed', done_by => $deed)) }, 'sense', '$.duties[4].done_by' ] }
		qw(assessed acknowledged activated held resumed resolved closed) ),
	[ 'a duty after one that is done after its end', 'itil', sub {
			add($_->{duties}, duty(until => 'closed', done_by => 'closed'),
				duty(duty => 'next', starts => { after => 'extra' }, until => 'resolved')) }, 'sense', '$.duties[5].until' ],
	[ 'a duty after the resolution that is done by what is no more then', 'itil', sub {
			add($_->{duties}, duty(done_by => 'resolved'), duty(duty => 'next', starts => { after => 'extra' },
				done_by => 'held')) }, 'sense', '$.duties[5].done_by' ],
	[ 'a repeat when something else happens', 'eport', sub { $_->{duties}[4]{repeat}{also} = 'done' }, 'shape',
		'$.duties[4].repeat.also' ],
	[ 'more duties than there is room for', 'itil', sub { add($_->{duties}, map { duty(duty => "extra_$_") } 1 .. 29) },
		'shape', '$.duties' ],

	# Posts, authorities, messages
	[ 'an audience of nobody', 'eport', sub { $_->{duties}[0]{for}[0]{audience} = [] }, 'sense',
		'$.duties[0].for[0].audience' ],
	[ 'an audience that nobody is in', 'eport', sub { $_->{duties}[0]{for}[1]{audience}[2] = 'board' }, 'sense',
		'$.duties[0].for[1].audience[2]' ],
	[ 'an audience with somebody twice', 'eport', sub { add($_->{duties}[0]{for}[0]{audience}, 'liaison') }, 'sense',
		'$.duties[0].for[0].audience[3]' ],
	[ 'nobody responsible', 'itil', sub { $_->{duties}[0]{responsible} = [] }, 'sense', '$.duties[0].responsible' ],
	[ 'somebody responsible whom nobody knows', 'eport', sub { $_->{duties}[2]{responsible}[0] = 'clerk' }, 'sense',
		'$.duties[2].responsible[0]', '$.posts[8]' ],
	[ 'a step that nobody hears of', 'itil', sub { $_->{levels}[1]{acknowledge}{steps}[0]{audience} = [] }, 'sense',
		'$.levels[1].acknowledge.steps[0].audience' ],
	[ 'an authority of nobody', 'eport', sub { $_->{authorities}[1]{posts} = [] }, 'sense', '$.authorities[1].posts' ],
	[ 'an authority that nobody has', 'eport', sub { $_->{authorities}[1]{posts} = ['board'] }, 'sense',
		'$.authorities[1].posts[0]' ],
	[ 'an authority over no level', 'gravity-3', sub { $_->{authorities}[4]{event_levels} = [] }, 'sense',
		'$.authorities[4].event_levels' ],
	[ 'an authority over a level that no event has', 'eport', sub { $_->{authorities}[7]{event_levels}[0] = '4' }, 'sense',
		'$.authorities[7].event_levels[0]' ],
	[ 'an authority twice', 'eport', sub { $_->{authorities}[3]{event_levels}[0] = '2' }, 'sense',
		'$.authorities[3].event_levels[0]' ],
	[ 'a post that nobody needs', 'eport', sub { add($_->{posts}, { post => 'cook', title => title() }) }, 'sense',
		'$.posts[10]' ],
	[ 'a post twice', 'eport', sub { add($_->{posts}, $_->{posts}[0]) }, 'sense', '$.posts[10]' ],
	[ 'a category twice', 'eport', sub { add($_->{categories}, $_->{categories}[0]) }, 'sense', '$.categories[7]' ],
	[ 'messages within no time', 'itil', sub { $_->{messages}{limit}{within} = '0 minutes' }, 'sense',
		'$.messages.limit.within' ],

	# Message rules; those of the presets stand before, so that what is added is last
	[ 'a message about nothing', 'eport', sub { add(rules($_), { on => 'noted', to => { posts => ['liaison'] } }) }, 'shape',
		'$.messages.rules[17].on' ],
	[ 'a message to nobody', 'eport', sub { add(rules($_), { on => 'held', to => {} }) }, 'shape', '$.messages.rules[17].to' ],
	[ 'a message to somebody in two ways', 'eport', sub {
			add(rules($_), { on => 'held', to => { posts => ['liaison'], audience_of => 'notify' } }) }, 'shape',
		'$.messages.rules[17].to' ],
	[ 'a message to an empty list', 'eport', sub { add(rules($_), { on => 'held', to => { posts => [] } }) }, 'sense',
		'$.messages.rules[17].to.posts' ],
	[ 'a message to whom nobody knows', 'eport', sub { add(rules($_), { on => 'held', to => { posts => [ 'liaison', 'board' ] } }) },
		'sense', '$.messages.rules[17].to.posts[1]' ],
	[ 'a message to the audience of no duty', 'eport', sub { add(rules($_), { on => 'held', to => { audience_of => 'nothing' } }) },
		'sense', '$.messages.rules[17].to.audience_of' ],
	[ 'a message to an audience that is not at the level', 'eport', sub {
			add(rules($_), { on => 'held', levels => ['none'], to => { audience_of => 'activate' } }) }, 'sense',
		'$.messages.rules[17].to.audience_of' ],
	[ 'a message about no duty', 'eport', sub { add(rules($_), { on => 'due', duty => 'nothing', to => { posts => ['liaison'] } }) },
		'sense', '$.messages.rules[17].duty' ],
	[ 'a message about a duty of something else', 'eport', sub {
			add(rules($_), { on => 'held', duty => 'review', to => { posts => ['liaison'] } }) }, 'sense', '$.messages.rules[17].duty' ],
	[ 'a message about a duty that is not at the level', 'eport', sub {
			add(rules($_), { on => 'due', duty => 'review', levels => ['none'], to => { posts => ['liaison'] } }) }, 'sense',
		'$.messages.rules[17].levels' ],
	[ 'a message about a clock of something else', 'itil', sub {
			add(rules($_), { on => 'due', clock => 'response', to => { posts => ['users'] } }) }, 'sense', '$.messages.rules[16].clock' ],
	[ 'a message about a duty and a clock', 'itil', sub {
			add(rules($_), { on => 'overdue', clock => 'response', duty => 'inform_users', to => { posts => ['users'] } }) }, 'sense',
		'$.messages.rules[16].clock' ],
	[ 'a message to the responsible of something else', 'eport', sub { add(rules($_), { on => 'held', to => { duty => 'responsible' } }) },
		'sense', '$.messages.rules[17].to.duty' ],
	[ 'a message to those responsible where nobody is', 'eport', sub {
			add(rules($_), { on => 'due', duty => 'notify', to => { duty => 'responsible' } }) }, 'sense', '$.messages.rules[17].to.duty' ],
	[ 'a message to steps of something else', 'itil', sub {
			add(rules($_), { on => 'overdue', clock => 'response', to => { steps_of => 'acknowledgement' } }) }, 'sense',
		'$.messages.rules[16].to.steps_of' ],
	[ 'a message to steps that there are not', 'itil', sub { delete $_->{acknowledge}{steps} for @{ $_->{levels} } }, 'sense',
		'$.messages.rules[5].to.steps_of' ],
	[ 'a message at a level that there is not', 'eport', sub { add(rules($_), { on => 'held', levels => ['6'], to => { posts => ['liaison'] } }) },
		'sense', '$.messages.rules[17].levels' ],
	[ 'a message at a level that no event has', 'itil', sub {
			add($_->{levels}, { level => '6', title => title(), processing_time => undef });
			add(rules($_), { on => 'held', levels => ['6'], to => { posts => ['users'] } });
		}, 'sense', '$.messages.rules[16].levels' ],
	[ 'a message at no level', 'eport', sub { add(rules($_), { on => 'held', levels => [], to => { posts => ['liaison'] } }) }, 'sense',
		'$.messages.rules[17].levels' ],
	[ 'a message at a level twice', 'eport', sub { add(rules($_), { on => 'held', levels => [ '1', '2', '1' ], to => { posts => ['liaison'] } }) },
		'sense', '$.messages.rules[17].levels[2]' ],
	[ 'a message of a rise where none is', 'damage-sab', sub { add(rules($_), { on => 'escalated', to => { posts => ['department'] } }) },
		'sense', '$.messages.rules[10].on' ],
	[ 'a message of a breach where no time is', 'damage-sab', sub { add(rules($_), { on => 'breached', to => { posts => ['department'] } }) },
		'sense', '$.messages.rules[10].on' ],
	[ 'a message of a clock without a limit', 'eport', sub {
			add(rules($_), { on => 'overdue', clock => 'acknowledgement', to => { posts => ['liaison'] } }) }, 'sense',
		'$.messages.rules[17].on' ],
	[ 'a message of a duty where there is none', 'gbz20986', sub { add(rules($_), { on => 'due', to => { posts => ['leadership'] } }) },
		'sense', '$.messages.rules[9].on' ],
	[ 'a message of being overdue where nothing can be', 'gbz20986', sub {
			add(rules($_), { on => 'overdue', to => { posts => ['leadership'] } }) }, 'sense', '$.messages.rules[9].on' ],
	[ 'a message of a repeat that is none', 'eport', sub {
			add(rules($_), { on => 'repeated', duty => 'review', to => { posts => ['liaison'] } }) }, 'sense', '$.messages.rules[17].on' ],
	[ 'a message twice', 'eport', sub {
			add(rules($_), map { +{ on => 'held', levels => $_, to => { posts => $_->[0] eq '1' ? [ 'liaison', 'section_heads' ] : [ 'section_heads', 'liaison' ] } } }
				[ '1', '2' ], [ '2', '1' ]) }, 'sense', '$.messages.rules[18]' ],
	[ 'a message again that nobody answers', 'eport', sub {
			add(rules($_), { on => 'held', to => { posts => ['liaison'] }, again => { after => '5 minutes', limit => 1 } }) }, 'sense',
		'$.messages.rules[17].again' ],
	[ 'a message to the next that nobody answers', 'eport', sub {
			add(rules($_), { on => 'held', to => { posts => ['liaison'] }, acknowledge => 'nobody', then => 'next' }) }, 'sense',
		'$.messages.rules[17].then' ],
	[ 'a message again at once', 'eport', sub { rules($_)->[0]{again}{after} = '59 seconds' }, 'sense', '$.messages.rules[0].again.after' ],
	[ 'a message again after long', 'eport', sub { rules($_)->[0]{again}{after} = '169 hours' }, 'sense',
		'$.messages.rules[0].again.after' ],
	[ 'a message again without end', 'eport', sub { rules($_)->[0]{again}{limit} = undef }, 'shape', '$.messages.rules[0].again.limit' ],
	[ 'no attempt', 'eport', sub { $_->{messages}{attempts} = 0 }, 'shape', '$.messages.attempts' ],
	[ 'a language that there is not', 'eport', sub { $_->{messages}{languages} = [ 'zh', 'fr' ] }, 'shape', '$.messages.languages[1]' ],
	[ 'more messages than there is room for', 'eport', sub {
			$_->{messages}{rules} = [ map { +{ on => 'held', to => { audience_of => 'notify' } } } 1 .. 201 ] }, 'shape', '$.messages.rules' ],

	# Several at once
	[ 'faults in different parts', 'eport', sub {
			$_->{title} = 5;
			$_->{duties}[1]{for}[0]{audience} = [];
			$_->{matrix}[3]{response_level} = 'none';
			$_->{messages}{missed_ticks} = 'some';
		}, 'shape', '$.title', '$.messages.missed_ticks', '$.duties[1].for[0].audience', '$.matrix[3].response_level',
		'$.matrix[3].response_level' ],
);

1;
