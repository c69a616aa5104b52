/*
 * pg_incident.h: what every server-side module of the extension shares.
 */
#ifndef PGI_PG_INCIDENT_H
#define PGI_PG_INCIDENT_H

/* Setting pg_incident.organisation. */
extern int pgi_organisation;

#endif
