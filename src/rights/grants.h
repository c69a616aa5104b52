/*
 * grants.h: what the caller may see and do, in which organisation.
 */
#ifndef PGI_GRANTS_H
#define PGI_GRANTS_H

/* Each opens some functions and views; a role has some of them. */
typedef enum PgiRight
{
	PGI_LOOK_UP = 1 << 0,
	PGI_REPORT = 1 << 1,
	PGI_RESPOND = 1 << 2,
	PGI_READ = 1 << 3,
	PGI_AUDIT = 1 << 4,
	PGI_ADMINISTER = 1 << 5,
	PGI_OPERATE = 1 << 6,
	PGI_GRANT = 1 << 7,
	PGI_CONSULT = 1 << 8,
	PGI_DELIVER = 1 << 9,
	PGI_ANSWER = 1 << 10
} PgiRight;

#define PGI_ALL_RIGHTS ((PGI_ANSWER << 1) - 1)

/* The marks of the Traffic Light Protocol 2.0, in order. */
#define PGI_MARKS 5
extern const char *const pgi_marks[PGI_MARKS];

/* The organisations whose incidents the caller sees. */
typedef struct PgiSeen
{
	bool all;
	int count;		 /* unless all */
	const int32 *of; /* in order; until the caller is asked for again */
} PgiSeen;

extern uint32 pgi_rights(void);
extern char *pgi_roles_with(uint32 right);
extern int32 pgi_working_organisation(void);
extern int32 pgi_organisation_worked_in(void);
extern int pgi_mark_place(const char *mark, int length);
extern bool pgi_sees(int32 org_id);
extern bool pgi_clears(int32 org_id, const char *mark, int length);
extern PgiSeen pgi_seen(void);

#endif
