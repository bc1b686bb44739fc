/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `cephtap list --functions`: functions, actions, aggregations and built-in variables, from the tables of src/func and
 * src/agg. */
#ifndef CEPHTAP_CMD_LIST_FUNCTIONS_H
#define CEPHTAP_CMD_LIST_FUNCTIONS_H

void list_functions_text(void);
void list_functions_json(void);
void list_functions_markdown(void); /* doc/language-reference.md */

#endif
