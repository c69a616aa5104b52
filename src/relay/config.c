/*
 * config.c: reads the configuration, an INI file, by libinih.
 *
 * All problems are told, not the first alone. libinih tells the lines of neither keys nor errors
 * but the first, so the file is held here and given to it line by line; a line that it cannot read
 * is told, left out, and the file is read once more.
 */
#include <ini.h>
#include <libpq-fe.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/config.h"
#include "relay/log.h"
#include "relay/moment.h"
#include "relay/text.h"
#include "relay/values.h"

#define HOUR ((int64_t) 3600 * SECONDS)
#define LARGEST_FILE (1 << 20)
/* What libinih takes: of a section's name less than 50 bytes, of a line these. */
#define NAME_BYTES 40
#define LINE_BYTES 197
#define MOST_BAD_LINES 50

typedef enum KeyKind
{
	KEY_TEXT,
	KEY_COUNT,
	KEY_DURATION,
	KEY_LOG_LEVEL,
	KEY_COMMAND
} KeyKind;

typedef struct Key
{
	const char *name;
	KeyKind kind;
	size_t offset;
	int64_t least, most;
} Key;

static const Key relay_keys[] = {
	{"conninfo", KEY_TEXT, offsetof(Config, conninfo)},
	{"worker", KEY_TEXT, offsetof(Config, worker)},
	{"batch", KEY_COUNT, offsetof(Config, batch), 1, 1000},
	{"lease", KEY_DURATION, offsetof(Config, lease), 5 * SECONDS, HOUR},
	{"poll", KEY_DURATION, offsetof(Config, poll), SECONDS / 10, HOUR},
	{"workers", KEY_COUNT, offsetof(Config, workers), 1, 256},
	{"grace", KEY_DURATION, offsetof(Config, grace), 0, HOUR},
	{"log", KEY_LOG_LEVEL, offsetof(Config, log)},
	{"metrics", KEY_TEXT, offsetof(Config, metrics)},
	{NULL}};

static const Key channel_keys[] = {
	{"command", KEY_COMMAND, offsetof(ConfigChannel, command)},
	{"time_limit", KEY_DURATION, offsetof(ConfigChannel, time_limit), SECONDS / 10, HOUR},
	{"concurrency", KEY_COUNT, offsetof(ConfigChannel, concurrency), 1, 256},
	{NULL}};

/* A value is kept until its line can no longer be followed by one that continues it. */
typedef struct Reader
{
	const char *file;
	ConfigReport report;
	int problems;
	Config *config;
	char *content;
	const char *next; /* of the content */
	int line;		  /* the last one given */
	bool *left_out;	  /* by line */
	bool continues;	  /* the last line given is indented */
	int section_line; /* of a section that has no key yet, else 0 */
	char *section, *name;
	int value_line;
	Text value;
	Text given; /* section, key of all that were given, for those given twice */
} Reader;

static void problem(Reader *reader, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
problem(Reader *reader, int line, const char *format, ...)
{
	Text text = {0};
	va_list arguments;

	va_start(arguments, format);
	text_vformat(&text, format, arguments);
	va_end(arguments);
	reader->report(reader->file, line, text.data);
	reader->problems++;
	text_free(&text);
}

/* The file, which must be a small one without NUL. */
static char *
read_content(Reader *reader)
{
	FILE *stream = fopen(reader->file, "re");
	Text content = {0};
	char part[4096];
	size_t length;

	if (stream == NULL)
	{
		problem(reader, 0, "cannot be opened: %m");
		return NULL;
	}
	text_add(&content, "", 0);
	while ((length = fread(part, 1, sizeof(part), stream)) > 0 &&
		   content.length <= LARGEST_FILE)
		text_add(&content, part, length);
	if (ferror(stream))
		problem(reader, 0, "cannot be read: %m");
	else if (content.length > LARGEST_FILE)
		problem(reader, 0, "is larger than %d bytes", LARGEST_FILE);
	else if (strlen(content.data) != content.length)
		problem(reader, 0, "is no text: it has a zero byte");
	fclose(stream);
	return content.data;
}

/* Checks */

static void
check_command(Reader *reader, char *const *command)
{
	struct stat it;

	if (command[0] == NULL)
		problem(reader, reader->value_line, "command is empty");
	else if (command[0][0] != '/')
		problem(reader, reader->value_line, "command: \"%s\" is no absolute path",
				command[0]);
	else if (stat(command[0], &it) != 0)
		problem(reader, reader->value_line, "command: \"%s\": %m", command[0]);
	else if (!S_ISREG(it.st_mode) || access(command[0], X_OK) != 0)
		problem(reader, reader->value_line, "command: \"%s\" cannot be executed",
				command[0]);
}

static void
check_text(Reader *reader, const Key *key, const char *text)
{
	char *error = NULL;
	PQconninfoOption *options;

	if (key->offset == offsetof(Config, conninfo))
	{
		options = PQconninfoParse(text, &error);
		if (options == NULL)
			problem(reader, reader->value_line, "conninfo: %.*s",
					(int) strcspn(error, "\n"), error);
		PQconninfoFree(options);
		PQfreemem(error);
	}
	else if (text[0] == '\0')
		problem(reader, reader->value_line, "%s is empty", key->name);
	else if (key->offset == offsetof(Config, metrics) && text[0] != '/')
		problem(reader, reader->value_line, "metrics: \"%s\" is no absolute path", text);
}

static void
check_range(Reader *reader, const Key *key, int64_t value)
{
	const char *unit = key->kind == KEY_DURATION ? " ms" : "";

	if (value < key->least || value > key->most)
		problem(reader, reader->value_line, "%s must be from %lld%s to %lld%s", key->name,
				(long long) key->least, unit, (long long) key->most, unit);
}

/* Values */

/* Puts a value into where its key says, `into` being the configuration or a channel. */
static void
set_value(Reader *reader, const Key *key, void *into)
{
	const char *text = text_chars(&reader->value);
	const char *wrong = NULL;
	void *place = (char *) into + key->offset;

	switch (key->kind)
	{
		case KEY_TEXT:
			free(*(char **) place);
			*(char **) place = text_copy(text);
			check_text(reader, key, text);
			break;
		case KEY_COMMAND:
			words_free(*(char ***) place);
			wrong = value_words(text, place);
			if (wrong == NULL)
				check_command(reader, *(char ***) place);
			break;
		case KEY_LOG_LEVEL:
			if (!log_level_of(text, place))
				wrong = "is none of error, warning, notice, info, debug";
			break;
		case KEY_COUNT:
			wrong = value_count(text, place);
			if (wrong == NULL)
				check_range(reader, key, *(int64_t *) place);
			break;
		case KEY_DURATION:
			wrong = value_duration(text, place);
			if (wrong == NULL)
				check_range(reader, key, *(int64_t *) place);
			break;
	}
	if (wrong != NULL)
		problem(reader, reader->value_line, "%s: \"%s\" %s", key->name, text, wrong);
}

/* The channel of a section "channel NAME", made where it is new; NULL for another section. */
static ConfigChannel *
section_channel(Reader *reader)
{
	Config *config = reader->config;
	const char *name = reader->section + strlen("channel ");
	ConfigChannel *channel;

	if (strncmp(reader->section, "channel ", strlen("channel ")) != 0)
		return NULL;
	name += strspn(name, " \t");
	for (channel = config->channels; channel < config->channels + config->n_channels;
		 channel++)
	{
		if (strcmp(channel->name, name) == 0)
			return channel;
	}
	config->channels =
		memory_resize(config->channels, (config->n_channels + 1) * sizeof(ConfigChannel));
	channel = config->channels + config->n_channels++;
	*channel = (ConfigChannel){.name = text_copy(name),
							   .line = reader->value_line,
							   .time_limit = 30 * SECONDS,
							   .concurrency = 4};
	if (name[0] == '\0' || strlen(name) > NAME_BYTES)
		problem(reader, reader->value_line, "a channel's name has 1 to %d bytes",
				NAME_BYTES);
	return channel;
}

static bool
given_before(Reader *reader)
{
	Text entry = {0};
	bool before;

	text_format(&entry, "\n%s\t%s\n", reader->section, reader->name);
	before = strstr(text_chars(&reader->given), entry.data) != NULL;
	text_add(&reader->given, entry.data, entry.length);
	text_free(&entry);
	return before;
}

/* Takes the value that is complete now. */
static void
take_value(Reader *reader)
{
	ConfigChannel *channel;
	const Key *key = channel_keys;
	void *into;

	if (reader->name == NULL)
		return;
	channel = section_channel(reader);
	into = channel;
	if (strcmp(reader->section, "relay") == 0)
	{
		key = relay_keys;
		into = reader->config;
	}
	while (key->name != NULL && strcmp(key->name, reader->name) != 0)
		key++;
	if (into == NULL)
		problem(reader, reader->value_line,
				"section [%s] is neither [relay] nor [channel NAME]", reader->section);
	else if (key->name == NULL)
		problem(reader, reader->value_line, "[%s] has no key \"%s\"", reader->section,
				reader->name);
	else if (given_before(reader))
		problem(reader, reader->value_line, "%s is given twice", reader->name);
	else
		set_value(reader, key, into);
	free(reader->section);
	free(reader->name);
	reader->section = reader->name = NULL;
	reader->value.length = 0;
}

/* Reading */

static void
section_ends(Reader *reader)
{
	if (reader->config != NULL && reader->section_line > 0)
		problem(reader, reader->section_line, "the section has no key");
	reader->section_line = 0;
}

/* Gives libinih the next line, as fgets does. */
static char *
next_line(char *into, int room, void *stream)
{
	Reader *reader = stream;
	size_t length = strcspn(reader->next, "\n");

	if (*reader->next == '\0')
		return NULL;
	reader->line++;
	if (length > LINE_BYTES || length + 3 > room)
	{
		if (!reader->left_out[reader->line])
			problem(reader, reader->line,
					"the line has more than %d bytes; a value may go on in the next "
					"line, indented",
					LINE_BYTES);
		reader->left_out[reader->line] = true;
	}
	snprintf(into, room, "%.*s\n", reader->left_out[reader->line] ? 0 : (int) length,
			 reader->next);
	reader->next += length;
	if (*reader->next == '\n')
		reader->next++;
	reader->continues = into[0] == ' ' || into[0] == '\t';
	if (into[strspn(into, " \t")] == '[')
	{
		section_ends(reader);
		reader->section_line = reader->line;
	}
	return into;
}

/* What libinih calls for a key and for each line that continues its value. */
static int
hear_value(void *user, const char *section, const char *name, const char *value)
{
	Reader *reader = user;

	reader->section_line = 0;
	if (reader->continues && reader->name != NULL && strcmp(reader->name, name) == 0)
	{
		text_format(&reader->value, " %s", value);
		return 1;
	}
	take_value(reader);
	reader->section = text_copy(section);
	reader->name = text_copy(name);
	reader->value_line = reader->line;
	text_format(&reader->value, "%s", value);
	return 1;
}

static Config *
config_defaults(void)
{
	Config *config = memory_get(sizeof(Config));
	char host[NAME_BYTES + 1] = "relay";

	gethostname(host, sizeof(host) - 1);
	*config = (Config){.conninfo = text_copy(""),
					   .worker = text_copy(host),
					   .batch = 100,
					   .lease = 60 * SECONDS,
					   .poll = 5 * SECONDS,
					   .workers = 8,
					   .grace = 30 * SECONDS,
					   .log = LOG_LEVEL_INFO};
	return config;
}

static int
ignore_value(void *user, const char *section, const char *name, const char *value)
{
	return 1;
}

/* Returns the first line that libinih cannot read, 0 when it reads all. */
static int
read_lines(Reader *reader, ini_handler handler)
{
	reader->next = reader->content;
	reader->line = 0;
	reader->section_line = 0;
	return ini_parse_stream(next_line, reader, handler, reader);
}

/* Tells of all lines that cannot be read; false when there are too many. */
static bool
leave_out_bad_lines(Reader *reader)
{
	int tries, line;

	for (tries = 0; tries < MOST_BAD_LINES; tries++)
	{
		line = read_lines(reader, ignore_value);
		if (line == 0)
			return true;
		problem(reader, line, "is neither [section] nor key = value");
		reader->left_out[line] = true;
	}
	return false;
}

/* What is missing, where nothing else was wrong. */
static void
check_whole(Reader *reader)
{
	const Config *config = reader->config;
	const ConfigChannel *channel;

	if (config->n_channels == 0)
		problem(reader, 0, "has no [channel NAME]");
	for (channel = config->channels; channel < config->channels + config->n_channels;
		 channel++)
	{
		if (channel->command == NULL)
			problem(reader, channel->line, "[channel %s] has no command", channel->name);
	}
}

/* Reads a file; NULL when there are problems, each of which has been told. */
Config *
config_read(const char *file, ConfigReport report)
{
	Reader reader = {.file = file, .report = report};

	reader.content = read_content(&reader);
	if (reader.problems == 0)
	{
		reader.left_out = memory_get(strlen(reader.content) + 2);
		if (leave_out_bad_lines(&reader))
		{
			reader.config = config_defaults();
			read_lines(&reader, hear_value);
			take_value(&reader);
			section_ends(&reader);
		}
	}
	if (reader.problems == 0)
		check_whole(&reader);
	free(reader.content);
	free(reader.left_out);
	text_free(&reader.value);
	text_free(&reader.given);
	if (reader.problems == 0)
		return reader.config;
	config_free(reader.config);
	return NULL;
}

void
config_free(Config *config)
{
	size_t i;

	if (config == NULL)
		return;
	for (i = 0; i < config->n_channels; i++)
	{
		free(config->channels[i].name);
		words_free(config->channels[i].command);
	}
	free(config->channels);
	free(config->conninfo);
	free(config->worker);
	free(config->metrics);
	free(config);
}
