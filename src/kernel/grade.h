/*
 * grade.h: the codes of levels and severities, as the SQL types store them.
 */
#ifndef PGI_KERNEL_GRADE_H
#define PGI_KERNEL_GRADE_H

/* Levels: none, then 9 (least urgent) to 1 (most urgent); greater is more urgent. */
#define PGI_LEVEL_NONE 0
#define PGI_LEVEL_MAX 9
#define PGI_LEVEL_UNKNOWN 10
#define PGI_LEVELS 11

/* Severities: informational 1 to critical 5; greater is graver. */
#define PGI_SEVERITY_UNKNOWN 0
#define PGI_SEVERITY_MAX 5
#define PGI_SEVERITIES 6
#define PGI_SEVERITY_ROOM 8 /* a power of two, for what is looked up millions of times */

/* The number people write for a level: 1 to 9 for the codes 9 to 1. */
#define PGI_LEVEL_NUMBER(code) (10 - (code))

/* Times are microseconds: a moment, or a length of time. */
#define PGI_NEVER INT64_MAX

#endif
