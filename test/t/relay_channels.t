# The commands that come with pg_incident_relay, against a real SMTP and a real HTTP server on
# loopback: what arrives, what the end means, and that secrets stay secret.
#
# PG_INCIDENT_FUZZ_SECONDS (2) is how long mangled messages are tried.

use strict;
use utf8;
use warnings;
use Digest::SHA qw(hmac_sha256_base64);
use Encode qw(decode decode_utf8 encode_utf8);
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use PgIncident;
use PostgreSQL::Test::Utils;
use Relay;
use Test::More;

my $SECONDS = $ENV{PG_INCIDENT_FUZZ_SECONDS} // 2;
my $seed = $ENV{PG_INCIDENT_SEED} // time;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $CHANNELS = source_dir() . '/src/relay/channels';
my $KEY = '5c3e2a40-8d8e-4a6c-9a55-0d8a7b3f2c11';
my $kept = "$dir/kept";

# The servers.
my ($ports, $noise) = ('', '');
my $receivers = IPC::Run::start([ '/usr/bin/python3', source_dir() . '/test/lib/receivers.py', $kept ],
	'>', \$ports, '2>', \$noise, IPC::Run::timeout(100));
$receivers->pump until $ports =~ /\n/;
my ($smtp, $http) = split ' ', $ports;
my $web = "http://127.0.0.1:$http";

# What arrived since this was asked the last time.
my $seen = 0;
sub arrived
{
	my @lines = -e $kept ? split /\n/, slurp_file($kept) : ();
	my @new = map { decode_json($_) } @lines[ $seen .. $#lines ];

	$seen = @lines;
	return @new;
}

# curl by a wrapper that tells what it was called with.
mkdir "$dir/bin" or die;
my ($curl) = grep { -x } map { "$_/curl" } split /:/, $ENV{PATH};
write_command("$dir/bin/curl", "printf '%s\\n' \"\$@\" >>'$dir/curl.arguments'\nexec $curl \"\$@\"\n");
$ENV{PATH} = "$dir/bin:$ENV{PATH}";

# Runs a command with a message; (exit status, first line of output, errors).
sub send_message
{
	my ($message, $command, @arguments) = @_;
	my $json = ref $message ? encode_json($message) : $message;
	my ($out, $err) = ('', '');

	IPC::Run::run([ "$CHANNELS/$command", @arguments ], '<', \$json, '>', \$out, '2>', \$err);
	return ($? >> 8 || ($? & 127 && 128), $out =~ s/\n.*//sr, $err);
}

sub message
{
	return {
		notice => 5, key => $KEY, incident => 17, contact => 'head-1', channel => 'test', language => 'zh',
		address => 'head@example.org', subject => "响应级别 2", body => "许可系统 \"不可用\" <b> & C:\\x\n第二行",
		payload => { kind => 'opened' }, token => 't0ken', attempt => 1, @_ };
}

# Mail
my $msmtprc = Relay::write_file("$dir/msmtprc", "account default\nhost 127.0.0.1\nport $smtp\nauth off\ntls off\n");
my @mail = ('mail', '--from', 'incident@example.net', '--', '/usr/bin/msmtp', "--file=$msmtprc");
my ($status, $out, $err) = send_message(message(), @mail);
is("$status $out $err", "0 <$KEY\@example.net> ", 'mail is sent, and its id is made of the key');
my ($mail) = arrived();
is("$mail->{mail_from} @{ $mail->{rcpt_tos} }", 'incident@example.net head@example.org', 'from whom to whom');
is(header('Subject'), '响应级别 2', 'its subject');
is(header('Message-ID'), "<$KEY\@example.net>", 'its id');
is(header('References'), '<incident-17@example.net>', 'those of an incident are a thread');
is(header('Auto-Submitted'), 'auto-generated', 'nobody is to be away for it');
is(body(), message()->{body}, 'its body');
unlike($mail->{content}, qr/[^\x00-\x7f]/, 'in ASCII');
unlike($mail->{content}, qr/t0ken/, 'without a link it has no token');
send_message(message(subject => 'a' x 300 . "\r\nBcc: thief\@example.org\r\n\r\nX: \x{2028}y\x{0}"), @mail);
($mail) = arrived();
is("@{ $mail->{rcpt_tos} }", 'head@example.org', 'a subject of several lines adds no recipient');
is(header('Bcc'), undef, 'and no header');
is(header('Subject'), 'a' x 300 . ' Bcc: thief@example.org X: y', 'but is one line');
send_message(message(), 'mail', '--link=https://gw.example/a?', @mail[ 1 .. $#mail ]);
($mail) = arrived();
like(body(), qr{第二行\n\nhttps://gw\.example/a\?t0ken$}, 'a link with the token');
for my $case (
	[ 'nobody@example.org', 65, qr/no such mailbox/ ], [ 'later@example.org', 69, qr/come back later/ ],
	map { [ $_, 65, qr/no mail address/ ] } '', 'head', '-oQ/tmp@example.org', "a\@b\nc", 'a b@example.org', 'a@b, c@d', '头@example.org', '<a@b>', 'a@')
{
	my ($address, $expected, $text) = @$case;

	($status, $out, $err) = send_message(message(address => $address), @mail);
	is($status, $expected, encode_utf8("address '$address'")) or diag $err;
	like($err, $text, 'is told');
}
is(scalar(arrived()), 0, 'and nothing arrived');
is((send_message(message(), @mail[ 0 .. 3 ], '/no/such'))[0], 78, 'a mailer that is not there is a fault of the setup');
$receivers->pump_nb;

# Webhooks
my $text = "响应级别 2\n" . message()->{body};
my $post = posted('/ok', message());
is($post->{headers}{'Content-Type'}, 'application/json; charset=utf-8', 'JSON is posted');
is($post->{headers}{'Idempotency-Key'}, $KEY, 'with the key');
is_deeply($post->{json}, message(address => "$web/ok"), 'the message as it is');
is_deeply(posted('/ok', message(), '--shape', 'slack')->{json}, { text => $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr }, 'Slack');
is_deeply(posted('/accepted', message(), '--shape', 'wecom')->{json}, { msgtype => 'text', text => { content => $text } }, 'WeCom');
my $long = posted('/accepted', message(body => '长' x 2000), '--shape', 'wecom')->{json}{text}{content};
cmp_ok(length encode_utf8($long), '<=', 2048, 'no more than WeCom takes');
like($long, qr/长…$/, 'whole characters');

my $secret = Relay::write_file("$dir/secret", "SECabc123\n");
$post = posted('/accepted?access_token=s3cret', message(), '--shape', 'dingtalk', '--secret-file', $secret);
is_deeply($post->{json}, { msgtype => 'text', text => { content => $text } }, 'DingTalk');
my ($stamp, $sign) = $post->{path} =~ /^\/accepted\?access_token=s3cret&timestamp=(\d+)&sign=([\w%]+)$/;
is($sign =~ s/%(..)/chr hex $1/ger, padded(hmac_sha256_base64("$stamp\nSECabc123", 'SECabc123')), 'signed');
cmp_ok(abs($stamp / 1000 - time), '<', 10, 'now');

$post = posted('/feishu-accepted', message(), '--shape', 'feishu', '--secret-file', $secret);
$stamp = $post->{json}{timestamp};
is_deeply($post->{json}, { timestamp => $stamp, sign => padded(hmac_sha256_base64('', "$stamp\nSECabc123")), msg_type => 'text', content => { text => $text =~ s/</\x{ff1c}/gr } }, 'Feishu, signed, and nobody is mentioned');
cmp_ok(abs($stamp - time), '<', 10, 'now');

my $alert = posted('/ok', message(), '--shape', 'alertmanager')->{json};
is("$alert->{version} $alert->{status} $alert->{groupKey} $alert->{alerts}[0]{labels}{incident}", '4 firing incident:17 17', 'Alertmanager');
is($alert->{alerts}[0]{annotations}{summary}, '响应级别 2', 'with the subject');
is(posted('/ok', message(payload => { kind => 'resolved' }), '--shape', 'alertmanager')->{json}{alerts}[0]{status}, 'resolved', 'and its end');

Relay::write_file("$dir/url", "$web/ok?key=hidden\"\\\n");
Relay::write_file("$dir/header", "Authorization: Bearer h1dden\n");
is((send_message(message(), 'webhook', '--url-file', "$dir/url", '--header-file', "$dir/header"))[0], 0, 'a URL and a header from files');
($post) = arrived();
is("$post->{path} $post->{headers}{Authorization}", '/ok?key=hidden"\\ Bearer h1dden', 'as they are');
unlike(slurp_file("$dir/curl.arguments"), qr/127\.0\.0\.1|hidden|h1dden|SECabc|t0ken|s3cret/, 'no command line has an address or a secret');

for my $case (
	[ '/500', 75 ], [ '/429', 75 ], [ '/408', 75 ], [ '/302', 75 ], [ '/400', 65 ], [ '/422', 65 ], [ '/404', 67 ], [ '/410', 67 ], [ '/401', 77 ], [ '/403', 77 ],
	[ '/refused', 75, qr/^refused with 45009: .*api freq/ ], [ '/feishu-refused', 75, qr/^refused with 19021: .*sign match/ ])
{
	my ($path, $expected, $told) = @$case;

	($status, $out, $err) = send_message(message(address => "$web$path"), 'webhook');
	is($status, $expected, "answered $path");
	like($err, $told // qr/^HTTP \d+: taken$/, 'is told');
}
arrived();
for my $case (
	[ 'ftp://127.0.0.1/', 65 ], [ '', 65 ], [ "$web/ok\nurl = file:///etc/passwd", 65 ], [ 'http://', 65 ], [ 'http://127.0.0.1:1/', 75 ], [ 'http://nowhere.invalid/', 75 ])
{
	($status, $out, $err) = send_message(message(address => $case->[0]), 'webhook', '--max-time', 5);
	is($status, $case->[1], "address '$case->[0]'") or diag $err;
}
is((send_message(message(address => "$web/never"), 'webhook', '--max-time', 1))[0], 75, 'no answer');
is((send_message(message(address => "$web/ok"), 'webhook', '--allow', 'https://example.org/'))[0], 65, 'a URL that is not allowed');
is(scalar(grep { $_->{path} ne '/never' } arrived()), 0, 'and nothing arrived');
is((send_message(message(address => "$web/ok"), 'webhook', '--secret-file', "$dir/none"))[0], 78, 'a secret that is not there');
# What --allow names is a part of the path, whatever a URL makes of it.
for my $rest (qw(/accepted/../x /accepted/%2e%2e/x /accepted/./x /acceptedly /accepted@example.org/))
{
	is((send_message(message(address => "$web$rest"), 'webhook', '--allow', "$web/accepted"))[0], 65, "$rest is not below what is allowed");
}
is((send_message(message(), 'webhook', '--shape', 'smoke'))[0], 2, 'a shape that is unknown');

# Files
is((send_message(message(), 'file', "$dir/messages"))[0], 0, 'a message goes to a file');
send_message(message(body => 'another'), 'file', "$dir/messages");
is_deeply([ map { decode_json($_) } split /\n/, slurp_file("$dir/messages") ], [ message(), message(body => 'another') ], 'a line each');
is((stat "$dir/messages")[2] & 0777, 0600, 'for its owner alone');
is((send_message(message(), 'file', "$dir/none/messages"))[0], 74, 'a file that cannot be made');

# Whatever comes in: it is sent or refused, and no command fails of itself.
srand $seed;
note "seed $seed";
my ($tried, @odd) = (0);
my @commands = ([ 'mail', '--from', 'a@example.net', '--', '/bin/true' ], [ 'file', '/dev/null' ],
	map { [ 'webhook', '--shape', $_, '--allow', 'none' ] } qw(json slack));
for (my $end = time + $SECONDS; time < $end; $tried++)
{
	my $input = mangled(encode_json(message()));

	for my $command (@commands)
	{
		($status, $out, $err) = send_message($input, @$command);
		push @odd, "$command->[0] $status $err: $input" if $status != 0 && $status != 65 || $err =~ /Traceback/;
	}
}
is(join("\n", @odd), '', "mangled messages: $tried");
my $deep = '[' x 100_000;
is((send_message($deep, 'file', '/dev/null'))[0], 65, 'one without end');

# By the relay.
my $node = start_node('relay_channels');
$node->safe_psql('postgres', 'CREATE DATABASE messages');
$node->safe_psql('messages', slurp_file(source_dir() . '/test/lib/relay_stand_in.sql'));
$node->safe_psql('messages', qq{INSERT INTO message (channel, address) VALUES
	('email', 'head\@example.org'), ('email', 'nobody\@example.org'), ('web', '$web/ok'), ('web', '$web/500'), ('file', '')});
my $config = write_config("$dir/relay.ini", { conninfo => $node->connstr('messages') },
	{
		email => { command => "$CHANNELS/mail --from incident\@example.net --\n  /usr/bin/msmtp '--file=$msmtprc'" },
		web => { command => "$CHANNELS/webhook\n  --allow $web/" },
		file => { command => "$CHANNELS/file\n  '$dir/delivered'" } });
is((run_relay('--once', "--config=$config"))[0], 0, 'the relay delivers by all of them');
is($node->safe_psql('messages', q{SELECT channel, state, coalesce(reference, error) FROM message ORDER BY notice})
	=~ s/[0-9a-f]{8}-[0-9a-f-]{27}/KEY/gr, <<"END" =~ s/\n\z//r, 'and the database knows what became of each');
email|sent|<KEY\@example.net>
email|dead|exit status 65: msmtp: recipient address nobody\@example.org not accepted by the server msmtp: server message: 550 5.1.1 no such mailbox msmtp: could not send mail (account default from $msmtprc) /usr/bin/msmtp ended with 65
web|sent|HTTP 200 taken
web|open|exit status 75: HTTP 500: taken
file|sent|KEY
END
is(scalar(arrived()), 3, 'what was sent arrived');
is(decode_json(slurp_file("$dir/delivered"))->{subject}, '响应级别 2', 'and is in the file');

$receivers->kill_kill;
done_testing();

sub header
{
	my ($name) = @_;
	my ($head) = $mail->{content} =~ /\A(.*?)\r?\n\r?\n/s;
	my ($value) = $head =~ s/\r?\n[ \t]/ /gr =~ /^\Q$name\E: (.*?)\r?$/mi;

	return defined $value ? decode('MIME-Header', $value) : undef;
}

sub body
{
	my ($content) = $mail->{content} =~ /\n\r?\n(.*)/s;

	return decode_utf8(decode_base64($content)) =~ s/\n\z//r;
}

# What arrived of a message that a webhook takes.
sub posted
{
	my ($path, $message, @arguments) = @_;
	my ($code, undef, $told) = send_message({ %$message, address => "$web$path" }, 'webhook', @arguments);
	my ($request) = arrived();

	die "exit status $code: $told" if $code;
	$request->{json} = decode_json($request->{body});
	return $request;
}

# Perl leaves out what fills base64 up.
sub padded { my ($text) = @_; return $text . '=' x (-length($text) % 4) }

sub mangled
{
	my ($text) = @_;

	for (0 .. rand 4)
	{
		my $at = int rand length $text;
		my $what = int rand 4;

		if ($what == 0) { substr($text, $at, 1 + rand 20) = '' }
		elsif ($what == 1) { substr($text, $at, 1) = chr int rand 256 }
		elsif ($what == 2) { substr($text, $at, 0) = ('"', '\\n', '\\ud800', 'null', '{', '],', '1e999', '\\u0000')[ rand 8 ] }
		else { $text =~ s/:("[^"]*"|\d+|\{.*?\})/(rand() < 0.3) ? ':' . (qw(null 5 [] {} true "x"))[rand 6] : ":$1"/ge }
	}
	return $text;
}
