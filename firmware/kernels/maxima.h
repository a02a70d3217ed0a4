/*
 * The kernels for rows of max pooling in all five forms, for one weight format. Rows say which neurons a value is compared
 * at; their weights are 1, or 0 in slots that only fill a place. Whoever includes this says
 *
 *   WALK_OF        name of the function that finds a kernel
 *   Weight, Value  types of a weight and of a payload
 *   VALUE(payload) the payload as it came
 *
 * A neuron's accumulators are the largest value, and as many words behind it as there are neurons, how many are missing.
 */
#include "pe.h"

#define TAKE(at)                                                                                                   \
  do {                                                                                                             \
    Value *const largest = (at);                                                                                   \
    const Value before = *largest, missing = largest[neurons];                                                     \
    *largest = value > before ? value : before;                                                                    \
    largest[neurons] = missing - 1;                                                                                \
  } while (0)

#define TAKE_UNLESS_EMPTY(at)                                                                                      \
  if (*weight++ != 0) TAKE(at)

/** What all walks begin with. */
#define MAX_ROW(NAME, Index)                                                                                       \
  static void NAME(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {            \
    (void)row;                                                                                                     \
    const Value value = VALUE(payload);                                                                            \
    const uint32_t neurons = pe.neurons;                                                                           \
    const Index *restrict index = (const Index *)block->indices + from;                                            \
    const Index *const end = index + (to - from);                                                                  \
    Value *const first = (Value *)block->accumulators;

#define MAX_CSR_ROW(NAME, Index)                                                                                   \
  MAX_ROW(NAME, Index)                                                                                             \
    do TAKE(first + *index++);                                                                                     \
    while (index != end);                                                                                          \
  }

MAX_CSR_ROW(take_csr_8, uint8_t)
MAX_CSR_ROW(take_csr_16, uint16_t)

MAX_ROW(take_delta_8, uint8_t)
  const Weight *weight = (const Weight *)block->weights + from;
  Value *at = first;
  do {
    at += *index++;
    TAKE_UNLESS_EMPTY(at);
    at += 1;
  } while (index != end);
}

static void take_delta_4(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)row;
  const Value value = VALUE(payload);
  const uint32_t neurons = pe.neurons;
  const uint8_t *const gaps = block->indices;
  const Weight *weight = (const Weight *)block->weights + from;
  Value *at = (Value *)block->accumulators;
  for (uint32_t slot = from; slot != to; slot += 1) {
    at += (gaps[slot / 2] >> (4 * (slot & 1))) & 15;
    TAKE_UNLESS_EMPTY(at);
    at += 1;
  }
}

static void take_bitmap(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)from;
  (void)to;
  const Value value = VALUE(payload);
  const uint32_t neurons = pe.neurons;
  const uint32_t *word = (const uint32_t *)block->indices + row * block->bitmap_words;
  const uint32_t *const end = word + block->bitmap_words;
  for (Value *at = (Value *)block->accumulators; word != end; at += 32) {
    for (uint32_t bits = *word++; bits != 0; bits &= bits - 1) TAKE(at + __builtin_ctz(bits));
  }
}

#define MAX_BLOCK_ROW(NAME, Index)                                                                                 \
  MAX_ROW(NAME, Index)                                                                                             \
    const Weight *weight = (const Weight *)block->weights + BLOCK_COLUMNS * from;                                  \
    do {                                                                                                           \
      Value *at = first + BLOCK_COLUMNS * *index++;                                                                \
      for (uint32_t i = 0; i < BLOCK_COLUMNS; i += 1, at += 1) TAKE_UNLESS_EMPTY(at);                              \
    } while (index != end);                                                                                        \
  }

MAX_BLOCK_ROW(take_block_8, uint8_t)
MAX_BLOCK_ROW(take_block_16, uint16_t)

static void take_dense(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)from;
  (void)to;
  const Value value = VALUE(payload);
  const uint32_t neurons = pe.neurons;
  const Weight *weight = (const Weight *)block->weights + row * block->columns;
  Value *const end = (Value *)block->accumulators + block->columns;
  for (Value *at = (Value *)block->accumulators; at != end; at += 1) TAKE_UNLESS_EMPTY(at);
}

Walk *WALK_OF(uint32_t form, uint32_t index_bits) {
  switch (form) {
    case CSR: return index_bits == 16 ? take_csr_16 : take_csr_8;
    case DELTA_CSR: return index_bits == 8 ? take_delta_8 : take_delta_4;
    case BITMAP: return take_bitmap;
    case BLOCK: return index_bits == 16 ? take_block_16 : take_block_8;
    case DENSE: return take_dense;
    default: return 0;
  }
}
