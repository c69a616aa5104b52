/*
 * entry_kind.c: the words for the kinds of entries.
 */
#include <string.h>

#include "kernel/entry_kind.h"

const char *const pgi_kind_words[PGI_KINDS] = {[PGI_OPENED] = "opened",
											   [PGI_ASSESSED] = "assessed",
											   [PGI_ACKNOWLEDGED] = "acknowledged",
											   [PGI_ACTIVATED] = "activated",
											   [PGI_HELD] = "held",
											   [PGI_RESUMED] = "resumed",
											   [PGI_RESOLVED] = "resolved",
											   [PGI_CLOSED] = "closed",
											   [PGI_REOPENED] = "reopened",
											   [PGI_CANCELLED] = "cancelled",
											   [PGI_NOTED] = "noted",
											   [PGI_DONE] = "done",
											   [PGI_MIGRATED] = "migrated",
											   [PGI_MARKED] = "marked",
											   [PGI_RAISED] = "raised",
											   [PGI_GRADED] = "graded",
											   [PGI_ESCALATED] = "escalated",
											   [PGI_BREACHED] = "breached",
											   [PGI_OVERDUE] = "overdue",
											   [PGI_DUE] = "due",
											   [PGI_REPEATED] = "repeated",
											   [PGI_VOIDED] = "voided"};

/* The kind that a word names, or PGI_KINDS. */
uint8_t
pgi_kind_named(const char *word)
{
	int kind = 0;

	while (kind < PGI_KINDS &&
		   (pgi_kind_words[kind] == NULL || strcmp(pgi_kind_words[kind], word) != 0))
		kind++;
	return (uint8_t) kind;
}
