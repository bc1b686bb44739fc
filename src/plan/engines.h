/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engines, by the names that the option `engine` takes; the first one is used unless another is asked for. Each is
 * a folder src/engine/NAME with `const struct engine_ops NAME_engine_ops`, and a row here.
 */
#ifndef CEPHTAP_PLAN_ENGINES_H
#define CEPHTAP_PLAN_ENGINES_H

#define ENGINES(ROW) ROW(kernel)

#endif
