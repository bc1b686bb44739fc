/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/*
 * Markers that cannot be traced, and one that can: the kernel does not probe an instruction with a lock prefix, and one
 * note points outside of the file. The notes are written by hand, since sys/sdt.h marks nothing but a nop.
 */
#define NOTE(address, name)                                                                                            \
	".pushsection .note.stapsdt,\"\",\"note\"\n"                                                                   \
	".balign 4\n"                                                                                                  \
	".4byte 992f-991f,994f-993f,3\n"                                                                               \
	"991: .asciz \"stapsdt\"\n"                                                                                    \
	"992: .balign 4\n"                                                                                             \
	"993: .8byte " address ",0,0\n"                                                                                \
	".asciz \"refused\"\n"                                                                                         \
	".asciz \"" name "\"\n"                                                                                        \
	".asciz \"\"\n"                                                                                                \
	"994: .balign 4\n"                                                                                             \
	".popsection\n"

#ifdef __x86_64__
#define REFUSED "lock incl %0\n"
#else
#define REFUSED "nop\n"
#endif

int main(void)
{
	int n = 0;

	__asm__ __volatile__("990: nop\n" NOTE("990b", "good") : "+m"(n));
	__asm__ __volatile__("990: nop\n" NOTE("990b", "partly") : "+m"(n));
	__asm__ __volatile__("990: " REFUSED NOTE("990b", "partly") : "+m"(n));
	__asm__ __volatile__("990: " REFUSED NOTE("990b", "bad") : "+m"(n));
	__asm__ __volatile__(NOTE("0x40000000", "nowhere") : "+m"(n));
	return 0;
}
