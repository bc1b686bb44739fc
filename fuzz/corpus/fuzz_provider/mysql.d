// SPDX-License-Identifier: LGPL-2.1-or-later
/* In the manner of MySQL: arguments have names, over several lines; a typedef and a translated argument. */
#pragma D depends_on library procfs.d

typedef struct net_address {
	char *host; /* not a probe */
} net_address_t;
struct opaque;

provider mysql {
  /* The following ones fire when a connection starts and ends. */
  probe connection__start(unsigned long conn_id, char *user, char *host);
  probe connection__done(int status, unsigned long conn_id);
  probe query__cache__hit(char *query, unsigned long rows);
  probe net__read__start(struct opaque *net : net_address_t *address);
  probe command__start(unsigned long conn_id, int command,
                       char *user,
                       char *host) : (int command, string user);
};

#pragma D attributes Evolving/Evolving/Common provider mysql function
