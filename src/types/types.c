/*
 * The types severity, level and rating: their words, and their functions.
 */
#include "postgres.h"

#include "base/compat.h"
#include "types/types.h"
#include "types/word_type.h"

static const WordValue severity_values[] = {
	{1, {"informational", "提示"}, "informational", "提示"},
	{2, {"minor", "low", "轻微"}, "minor", "轻微"},
	{3, {"moderate", "medium", "中等"}, "moderate", "中等"},
	{4, {"severe", "high", "严重"}, "severe", "严重"},
	{5, {"critical", "危急", "特别严重"}, "critical", "危急"},
};

static const PgiWordType severity_type = {"severity", "1 (informational) to 5 (critical)",
										  1, lengthof(severity_values), severity_values};

/* Level 1 is the most urgent, so it has the highest code. */
static const WordValue level_values[] = {
	{0, {"none", "非等级"}, "none", "非等级"},
	{9, {"9", "IX", "P9", "SEV9", "九级", "9级", "IX级"}, "level 9", "九级"},
	{8, {"8", "VIII", "P8", "SEV8", "八级", "8级", "VIII级"}, "level 8", "八级"},
	{7, {"7", "VII", "P7", "SEV7", "七级", "7级", "VII级"}, "level 7", "七级"},
	{6, {"6", "VI", "P6", "SEV6", "六级", "6级", "VI级"}, "level 6", "六级"},
	{5, {"5", "V", "P5", "SEV5", "五级", "5级", "V级"}, "level 5", "五级"},
	{4, {"4", "IV", "P4", "SEV4", "四级", "4级", "IV级"}, "level 4", "四级"},
	{3, {"3", "III", "P3", "SEV3", "三级", "3级", "III级"}, "level 3", "三级"},
	{2, {"2", "II", "P2", "SEV2", "二级", "2级", "II级"}, "level 2", "二级"},
	{1, {"1", "I", "P1", "SEV1", "一级", "1级", "I级"}, "level 1", "一级"},
};

static const PgiWordType level_type = {"level",
									   "0 (none), 9 (least urgent) to 1 (most urgent)", 0,
									   lengthof(level_values), level_values};

static const WordValue rating_values[] = {
	{1, {"1", "very low", "很低"}, "very low", "很低"},
	{2, {"2", "low", "低"}, "low", "低"},
	{3, {"3", "medium", "中等"}, "medium", "中等"},
	{4, {"4", "high", "高"}, "high", "高"},
	{5, {"5", "very high", "很高"}, "very high", "很高"},
};

static const PgiWordType rating_type = {"rating", "1 (very low) to 5 (very high)", 1,
										lengthof(rating_values), rating_values};

int
pgi_types_severity_code(const char *word)
{
	return pgi_word_type_code(&severity_type, word);
}

int
pgi_types_level_code(const char *word)
{
	return pgi_word_type_code(&level_type, word);
}

int
pgi_types_severity_of_key(const char *key)
{
	return pgi_word_type_find(&severity_type, key);
}

int
pgi_types_level_of_key(const char *key)
{
	return pgi_word_type_find(&level_type, key);
}

const char *
pgi_types_severity_words(int code, int number)
{
	return pgi_word_type_word(&severity_type, code, number);
}

const char *
pgi_types_level_words(int code, int number)
{
	return pgi_word_type_word(&level_type, code, number);
}

const char *
pgi_types_severity_word(int code)
{
	return pgi_word_type_name(&severity_type, code);
}

const char *
pgi_types_level_word(int code)
{
	return pgi_word_type_name(&level_type, code);
}

/* The SQL function type_body is the shared body with the table of the type. */
#define WORD_TYPE_FUNCTION(type, body)                     \
	PG_FUNCTION_INFO_V1(type##_##body);                    \
	Datum type##_##body(PG_FUNCTION_ARGS)                  \
	{                                                      \
		return pgi_word_type_##body(&type##_type, fcinfo); \
	}                                                      \
	extern Datum type##_##body(PG_FUNCTION_ARGS)

WORD_TYPE_FUNCTION(severity, in);
WORD_TYPE_FUNCTION(severity, out);
WORD_TYPE_FUNCTION(severity, recv);
WORD_TYPE_FUNCTION(severity, from_integer);
WORD_TYPE_FUNCTION(severity, to_integer);
WORD_TYPE_FUNCTION(severity, label);

WORD_TYPE_FUNCTION(level, in);
WORD_TYPE_FUNCTION(level, out);
WORD_TYPE_FUNCTION(level, recv);
WORD_TYPE_FUNCTION(level, from_integer);
WORD_TYPE_FUNCTION(level, to_integer);
WORD_TYPE_FUNCTION(level, label);

WORD_TYPE_FUNCTION(rating, in);
WORD_TYPE_FUNCTION(rating, out);
WORD_TYPE_FUNCTION(rating, recv);
WORD_TYPE_FUNCTION(rating, from_integer);
WORD_TYPE_FUNCTION(rating, to_integer);
WORD_TYPE_FUNCTION(rating, label);
