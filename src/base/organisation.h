/*
 * organisation.h: the organisation that the session works on.
 */
#ifndef PGI_ORGANISATION_H
#define PGI_ORGANISATION_H

/* Setting pg_incident.organisation. */
extern int pgi_organisation;

extern void pgi_organisation_init(void);

#endif
