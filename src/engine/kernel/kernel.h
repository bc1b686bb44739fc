/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine that runs programs in the kernel. Nothing of it outlives the process: every map, program and link is a
 * descriptor, links in processes that end when we do (keepers.h).
 */
#ifndef CEPHTAP_ENGINE_KERNEL_KERNEL_H
#define CEPHTAP_ENGINE_KERNEL_KERNEL_H

#include "engine/engine.h"

extern const struct engine_ops kernel_engine_ops;

#endif
