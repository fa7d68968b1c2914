/* inflate.h - undoes the compression of gzip and zip: DEFLATE, RFC 1951 (P. Deutsch, 1996). */
#ifndef SYMGRAD_RUNTIME_INFLATE_H
#define SYMGRAD_RUNTIME_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { INFLATE_WINDOW = 32768, INFLATE_SYMBOLS = 288, INFLATE_BITS = 15, INFLATE_FAST = 9 };

/* A Huffman code: how many symbols have each length, and the symbols by code. */
struct inflate_code {
    uint16_t count[INFLATE_BITS + 1];
    uint16_t symbol[INFLATE_SYMBOLS];
    uint16_t fast[1 << INFLATE_FAST]; /* by the next bits: 16*symbol + length; 0: a longer code */
};

enum inflate_stage { INFLATE_BLOCK, INFLATE_STORED, INFLATE_CODED, INFLATE_END, INFLATE_BAD };

struct inflate {
    int (*next)(void *context); /* the next byte that is compressed; EOF: there is none */
    void *context;
    enum inflate_stage stage;
    bool last; /* the present block is */
    uint32_t bits;
    int bit_count;
    size_t stored; /* bytes to come of a stored block, */
    size_t length; /* and of a repetition */
    size_t distance;
    struct inflate_code literals;
    struct inflate_code distances;
    unsigned char window[INFLATE_WINDOW]; /* the latest bytes, round and round */
    size_t position;
    bool full; /* the window: it has been filled once */
};

static void inflate_begin(struct inflate *inflate, int (*next)(void *context), void *context);

/* Fills `bytes`; fewer where the data end, or are damaged: then the stage is INFLATE_BAD. */
static size_t inflate_read(struct inflate *inflate, unsigned char *bytes, size_t size);

#endif /* SYMGRAD_RUNTIME_INFLATE_H */
