/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/lacks.h"

#include <stddef.h>
#include <string.h>

#define STORE_ROWS    "5d build|5e data write|5f kv queue|5g kv commit|5h callback"
#define EC_READ	      "ceph_repl:::ec-read-send ceph_repl:::ec-subread-reply ceph_repl:::ec-read-done"
#define EC_READ_TAKES "ceph_repl:::ec-read-send|ceph_repl:::ec-subread-reply|ceph_repl:::ec-read-done"
#define WORK	      "ceph_pg:::recovery-work-start ceph_pg:::recovery-work-done"
#define WORK_TAKES    "ceph_pg:::recovery-work-start|ceph_pg:::recovery-work-done"
#define SCRUB	      "ceph_pg:::scrub-chunk-start ceph_pg:::scrub-chunk-done"
#define SCRUB_TAKES   "ceph_pg:::scrub-chunk-start|ceph_pg:::scrub-chunk-done"
#define SYNC	      "ceph_kv:::kv-sync-start ceph_kv:::kv-sync-done"
#define SYNC_TAKES    "ceph_kv:::kv-sync-start|ceph_kv:::kv-sync-done"
#define DEQUEUE	      "ceph_osd:::op-dequeue-start ceph_osd:::op-dequeue-done"
#define DEQUEUE_TAKES "ceph_osd:::op-dequeue-start|ceph_osd:::op-dequeue-done"
#define LAST	      "ceph_repl:::subop-reply ceph_repl:::ec-subwrite-reply"
#define WAITED	      "ceph_osd:::op-requeue"
#define WAITED_SAYS   "what ops waited between two turns: it is in the queue's time, not in that before the start"

static const struct lack osd[] = {
	{"ceph_osd:::op-enqueue", NULL, "all stages of ops, recovery's messages, and ops that fail"},
	{"ceph_osd:::op-start", "5 store|7 reply|@waited|@waitedns",
	 "the stages of clients' ops, whose whole time is `unknown`, and the classes of erasure-coded pools"},
	{WAITED, NULL, WAITED_SAYS},
	{"ceph_osd:::op-error ceph_osd:::op-end", "this->ended|@ended", "ops that fail, are dropped or not counted"},
	{"ceph_osd:::op-free", NULL, "shard reads and messages of recovery; what is kept of dropped ops stays"},
	{EC_READ, EC_READ_TAKES, "the stages of reads of erasure-coded pools, which are in `execute`"},
	{"ceph_repl:::repop-issue", NULL,
	 "the stages of writes behind `execute`, which has them, and the PGs' own work"},
	{"ceph_pg:::trim-start ceph_pg:::trim-done", "ceph_pg:::trim-start|ceph_pg:::trim-done",
	 "the class `trim`, which is in `pg work`"},
	{"ceph_repl:::ec-write-start", "5c send|" STORE_ROWS, "the parts of `store`"},
	{"ceph_repl:::ec-subwrite-start ceph_repl:::ec-encode-start ceph_repl:::ec-encode-done",
	 "5a old data|5b encode|5c send", "`old data`, `encode` and `send`"},
	{LAST, "@waited|@waitedns", "which OSD was waited for"},
	{"ceph_repl:::repop-committed", NULL, "`store` and what follows, which is `unknown`, and the PGs' own work"},
	{"ceph_repl:::local-commit ceph_repl:::ec-local-commit", NULL,
	 "`store` and what follows of the PGs' primaries, which is `unknown`, and `callback`"},
	{"ceph_repl:::repop-free", NULL, "nothing, but what is kept of given up replications stays"},
	{"ceph_repl:::subop-commit", NULL, "the class `replica`"},
	{"ceph_repl:::ec-subread-start ceph_store:::read-start ceph_store:::read-done", "4a store read",
	 "`store read`"},
	{"ceph_store:::txn-queue-start ceph_store:::txn-committed", "5c send|" STORE_ROWS, "the parts of `store`"},
	{"ceph_store:::txn-aio-submit", "5d build|5e data write", "`build` and `data write`"},
	{"ceph_store:::txn-io-done", STORE_ROWS, "the parts of `store` from `build` on"},
	{"ceph_store:::txn-apply-kv", "5f kv queue|5g kv commit", "`kv queue` and `kv commit`"},
	{WORK, WORK_TAKES, "work of the class `recovery`, but for its messages"},
	{SCRUB, SCRUB_TAKES, "the class `scrub`"},
};

static const struct lack slow_ops[] = {
	{"ceph_osd:::op-enqueue", NULL, "OWN, OTHERS and LAST, whose time is in WORK; every line has the mark *"},
	{"ceph_osd:::op-start", NULL, "OBJECT and OP, and WAIT, which is in WORK"},
	{WAITED, NULL, WAITED_SAYS},
	{"ceph_osd:::op-error ceph_osd:::op-end", "ceph_osd:::op-error|ceph_osd:::op-end", "ops that fail"},
	{EC_READ, EC_READ_TAKES, "OWN, OTHERS and LAST of reads of erasure-coded pools, whose time is in WORK"},
	{"ceph_repl:::repop-issue", NULL, "OWN, OTHERS and LAST of writes, whose time is in WORK"},
	{"ceph_repl:::local-commit ceph_repl:::ec-local-commit", NULL, "OWN, whose time is in OTHERS"},
	{"ceph_repl:::repop-committed", NULL, "OTHERS and LAST of writes, whose time is in FINISH"},
	{LAST, "@last", "LAST, and how often which OSD was waited for"},
	{"ceph_repl:::ec-write-start", EC_READ_TAKES, "OWN, OTHERS and LAST of reads of erasure-coded pools"},
};

static const struct lack top[] = {
	{"ceph_osd:::op-enqueue", NULL, "the stages of ops"},
	{"ceph_osd:::op-start", "5 store|6 replicas|7 reply", "the stages of ops, and objects"},
	{WAITED, NULL, WAITED_SAYS},
	{EC_READ, EC_READ_TAKES, "the stages of reads of erasure-coded pools behind `execute`, which has them"},
	{"ceph_repl:::repop-issue", NULL, "the stages of writes behind `execute`, which has them"},
	{"ceph_repl:::local-commit ceph_repl:::ec-local-commit", NULL, "`store`, `replicas` and `reply`"},
	{"ceph_repl:::repop-committed", NULL, "`store`, `replicas` and `reply` of writes"},
	{"ceph_osd:::op-free ceph_repl:::subop-commit", NULL, "nothing, but what is kept of replicas' ops stays"},
	{LAST, "6 replicas", "`replicas`, and for whom slow ops waited"},
};

static const struct lack bluestore[] = {
	{"ceph_store:::txn-state-lat", NULL, "transactions by state"},
	{"ceph_store:::txn-apply-kv", "@kv_txns", "transactions in a batch"},
	{SYNC, SYNC_TAKES "|@kv_n|@kv_mean|@kv_max|@kv_txns", "batches of keys"},
	{"ceph_bdev:::flush-start ceph_bdev:::flush-done", NULL, "flushes"},
	{"ceph_store:::deferred-queue", NULL, "deferred writes"},
	{"ceph_bdev:::aio-start ceph_bdev:::aio-done", NULL, "reads and writes of the device"},
};

static const struct lack client[] = {
	{"ceph_client:::op-submit", NULL, "ops by process, pool and user, and objects"},
	{"ceph_client:::op-send ceph_client:::op-reply-recv", NULL, "ops by OSD"},
	{"ceph_client:::op-finish", NULL, "ops by process, pool and user"},
};

static const struct lack recovery[] = {
	{"ceph_pg:::recovery-op-start ceph_pg:::recovery-op-done", NULL, "objects by PG"},
	{"ceph_pg:::push-recv", NULL, "data by peer"},
	{"ceph_pg:::backfill-done", NULL, "objects that backfill has begun"},
	{"ceph_osd:::op-done", NULL, "clients' ops"},
};

static const struct lack io[] = {
	{DEQUEUE, DEQUEUE_TAKES, "for which ops an OSD uses its device"},
	{WORK, WORK_TAKES, "what recovery uses the device for"},
	{SCRUB, SCRUB_TAKES, "what scrub uses the device for"},
	{SYNC, SYNC_TAKES, "`wal`, where the thread is not named so"},
	{"ceph_store:::deferred-submit ceph_bdev:::aio-submit", "ceph_store:::deferred-submit|ceph_bdev:::aio-submit",
	 "`deferred`"},
	{"ceph_bdev:::aio-write ceph_bdev:::aio-read ceph_bdev:::aio-start ceph_bdev:::read-random",
	 "@osd_bytes|@osd_n|@osd_share|@osd_pid", "what each OSD uses its device for"},
};

/* The inner one of a pair goes on as the outer one: without either end the pair is left out. */
static const struct lack profile_stages[] = {
	{"ceph_msgr:::msg-dispatch-start ceph_msgr:::msg-dispatch-done",
	 "ceph_msgr:::msg-dispatch-start|ceph_msgr:::msg-dispatch-done", "the stage of messages"},
	{DEQUEUE, DEQUEUE_TAKES "|ceph_pg:::do-ops-start|ceph_pg:::do-ops-done", "the stages of ops"},
	{"ceph_pg:::do-ops-start ceph_pg:::do-ops-done", "ceph_pg:::do-ops-start|ceph_pg:::do-ops-done",
	 "the stage of executing ops"},
	{"ceph_store:::txn-queue-start ceph_store:::txn-queue-done",
	 "ceph_store:::txn-queue-start|ceph_store:::txn-queue-done", "the stage of making transactions"},
	{"ceph_store:::read-start ceph_store:::read-done", "ceph_store:::read-start|ceph_store:::read-done",
	 "the stage of reading the store"},
	{SYNC, SYNC_TAKES, "the stage of committing keys"},
};

#define ROW(name, about, list)                                                                                         \
	{                                                                                                              \
		name, about, list, sizeof(list) / sizeof((list)[0])                                                    \
	}

static const struct may_lack scripts[] = {
	ROW("osd.d", "ceph_osd:::op-done", osd),
	ROW("slow-ops.d", "ceph_osd:::op-done", slow_ops),
	ROW("top.d", "ceph_osd:::op-done", top),
	ROW("bluestore.d", "", bluestore),
	ROW("client.d", "", client),
	ROW("recovery.d", "", recovery),
	ROW("io.d", "", io),
	ROW("profile.d", "", profile_stages), /* with profile-stages.d behind it */
	{"op.d", "", NULL, 0},
};

const struct may_lack *script_may_lack(const char *script)
{
	for (unsigned i = 0; script && i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (!strcmp(scripts[i].script, script))
			return &scripts[i];
	return NULL;
}
