/*
 * organisation.h: the organisation that the session works on.
 */
#ifndef PGI_ORGANISATION_H
#define PGI_ORGANISATION_H

/* Setting pg_incident.organisation; PGI_NO_ORGANISATION when it is empty. */
extern int pgi_organisation;

#define PGI_NO_ORGANISATION 0

extern void pgi_organisation_init(void);

#endif
