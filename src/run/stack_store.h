/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The maps of an engine in which stacks are, for src/symbols. */
#ifndef CEPHTAP_RUN_STACK_STORE_H
#define CEPHTAP_RUN_STACK_STORE_H

#include "engine/engine.h"
#include "symbols/store.h"

/* It refers to the engine, and ends with it. */
struct stack_store stack_store_of(struct engine *engine);

#endif
