/*
 * service.c: tells the service manager how the relay is.
 *
 * The protocol of sd_notify(3) is a datagram to a socket whose name is in NOTIFY_SOCKET: too little
 * to depend on a library for.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/service.h"

/* Sends assignments, a line each; does nothing where no service manager listens. */
void
service_tell(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t sent;
	int s;

	if (name == NULL || name[0] == '\0' || strlen(name) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, name);
	/* One that begins with @ is an abstract one. */
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return;
	sent = sendto(s, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
				  (struct sockaddr *) &address,
				  offsetof(struct sockaddr_un, sun_path) + strlen(name));
	(void) sent;
	close(s);
}
