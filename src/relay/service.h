/*
 * service.h: tells the service manager how the relay is.
 */
#ifndef RELAY_SERVICE_H
#define RELAY_SERVICE_H

extern void service_tell(const char *state);

#endif
