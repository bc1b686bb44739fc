/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each program of an image in the interpreter, several times, with made-up registers and memory: the same ones for the
 * same seed. An image must leave nothing to the kernel's good will: the interpreter is as strict as it can be. Returns
 * what a program did wrong, or NULL.
 */
#ifndef TEST_RUN_IMAGE_H
#define TEST_RUN_IMAGE_H

#include <stdint.h>

struct image;

const char *run_image(const struct image *image, uint64_t seed);

#endif
