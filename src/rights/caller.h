/*
 * caller.h: the role that called, also while the work is done as the extension's owner.
 */
#ifndef PGI_CALLER_H
#define PGI_CALLER_H

extern void pgi_caller_init(void);
extern Oid pgi_caller(void);
extern void pgi_lend_caller(Oid caller);

#endif
