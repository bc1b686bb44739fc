/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notes of markers in an ELF file: SDT notes, and what a marker header records of arguments. */
#include "lib/elf_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_note_section(const struct elf_file *file, const Elf64_Shdr *section, const char *name)
{
	return section->sh_type == SHT_NOTE && !strcmp(elf_section_name(file, section), name);
}

static bool is_sdt_section(const struct elf_file *file, const Elf64_Shdr *section)
{
	return is_note_section(file, section, ".note.stapsdt");
}

bool elf_has_sdt(const struct elf_file *file)
{
	uint64_t i;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (is_sdt_section(file, &section) && section.sh_size)
			return true;
	}
	return false;
}

/* The address that .stapsdt.base has now; the notes tell the one it had at link time. 0: no such section. */
static uint64_t sdt_base(const struct elf_file *file)
{
	uint64_t i;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (!strcmp(elf_section_name(file, &section), ".stapsdt.base"))
			return section.sh_addr;
	}
	return 0;
}

/* Takes one text off the front; NULL when there is no NUL. */
static const char *take_text(const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\0', *size);
	const char *text = (const char *)*data;

	if (!end)
		return NULL;
	*size -= (size_t)(end + 1 - *data);
	*data = end + 1;
	return text;
}

/* Both kinds of note begin with three words, the provider and the name. */
static bool take_head(const uint8_t **data, size_t *size, uint64_t words[3], const char **provider, const char **name)
{
	size_t words_size = 3 * sizeof(*words);

	if (*size < words_size)
		return false;
	memcpy(words, *data, words_size);
	*data += words_size;
	*size -= words_size;
	*provider = take_text(data, size);
	*name = *provider ? take_text(data, size) : NULL;
	return *name;
}

static bool parse_sdt(const struct note *note, uint64_t base, struct elf_sdt_note *out)
{
	const uint8_t *data = note->desc;
	size_t size = note->desc_size;
	uint64_t words[3]; /* address, base, semaphore */

	if (!take_head(&data, &size, words, &out->provider, &out->name))
		return false;
	out->args = take_text(&data, &size);
	if (!out->args)
		return false;
	if (base && words[1]) {
		words[0] += base - words[1];
		words[2] += words[2] ? base - words[1] : 0;
	}
	out->vaddr = words[0];
	out->semaphore = words[2];
	return true;
}

static int sdt_each_in(const struct elf_file *file, const Elf64_Shdr *section, uint64_t base,
		       int (*each)(const struct elf_sdt_note *note, void *data), void *data)
{
	struct elf_sdt_note sdt;
	const uint8_t *bytes;
	struct note note;
	size_t at = 0;
	int error;

	error = elf_section_data(file, section, ".note.stapsdt", &bytes);
	if (error)
		return error;
	while ((error = elf_note_next(bytes, section->sh_size, 4, &at, &note)) > 0) {
		if (!elf_note_is(&note, 3, "stapsdt"))
			continue;
		if (!parse_sdt(&note, base, &sdt))
			return elf_fail(EINVAL, "%s: a note in .note.stapsdt is cut short", file->path);
		error = each(&sdt, data);
		if (error)
			return error;
	}
	if (error)
		return elf_fail(EINVAL, "%s: a note ends past section .note.stapsdt", file->path);
	return 0;
}

int elf_sdt_each(const struct elf_file *file, int (*each)(const struct elf_sdt_note *note, void *data), void *data)
{
	uint64_t i, base = sdt_base(file);
	int error;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);

		if (!is_sdt_section(file, &section))
			continue;
		error = sdt_each_in(file, &section, base, each, data);
		if (error)
			return error;
	}
	return 0;
}

static bool parse_marker_names(const struct note *note, uint64_t base, struct elf_marker_names *out)
{
	const uint8_t *data = note->desc;
	size_t size = note->desc_size;
	uint64_t words[3]; /* address, base, kinds */

	if (!take_head(&data, &size, words, &out->provider, &out->name))
		return false;
	for (out->args_len = 0; out->args_len < 16 && words[2]; words[2] >>= 4) {
		out->kinds[out->args_len] = words[2] & 15;
		out->texts[out->args_len] = take_text(&data, &size);
		if (!out->texts[out->args_len++])
			return false;
	}
	out->vaddr = words[0] + (base && words[1] ? base - words[1] : 0);
	return true;
}

/* Only names: a note that is cut short ends the walk, and what it would have named goes without. */
int elf_marker_names_each(const struct elf_file *file, int (*each)(const struct elf_marker_names *names, void *data),
			  void *data)
{
	uint64_t i, base = sdt_base(file);
	struct elf_marker_names names;
	const uint8_t *bytes;
	struct note note;
	int error;

	for (i = 1; i < file->sections_len; i++) {
		Elf64_Shdr section = elf_section_at(file, i);
		size_t at = 0;

		if (!is_note_section(file, &section, ".note.cephtap"))
			continue;
		error = elf_section_data(file, &section, ".note.cephtap", &bytes);
		while (!error && elf_note_next(bytes, section.sh_size, 4, &at, &note) > 0) {
			if (!elf_note_is(&note, 1, "cephtap"))
				continue;
			if (!parse_marker_names(&note, base, &names))
				return elf_fail(EINVAL, "%s: a note in .note.cephtap is cut short", file->path);
			error = each(&names, data);
		}
		if (error)
			return error;
	}
	return 0;
}
