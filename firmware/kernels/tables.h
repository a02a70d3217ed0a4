/*
 * σ and tanh of integer neurons from half tables over [0, 8], Q15, between entries on a straight line (docs/model.md, 2).
 */
#ifndef TABLES_H
#define TABLES_H

#include "pe.h"

#define GATE_BITS 15
#define GATE_ONE (1 << GATE_BITS)
#define GATE_HALF (1 << (GATE_BITS - 1))
/** Entries are 2^-6 apart; accumulators have 20 fraction bits. */
#define STEP_BITS (20 - 6)

static inline int32_t look_up(const uint16_t *table, uint32_t magnitude) {
  const uint32_t i = magnitude >> STEP_BITS;
  if (i >= TABLE_ENTRIES - 1) return table[TABLE_ENTRIES - 1];
  const int32_t low = table[i];
  const int32_t rise = table[i + 1] - low;
  const int32_t rest = (int32_t)(magnitude & ((1u << STEP_BITS) - 1));
  return low + ((rise * rest + (1 << (STEP_BITS - 1))) >> STEP_BITS);
}

/** All ones for a negative number: x ^ sign - sign turns its sign round without a branch. */
static inline int32_t sign_of(int32_t x) { return x >> 31; }

static inline uint32_t magnitude_of(int32_t x) { return ((uint32_t)x ^ (uint32_t)sign_of(x)) - (uint32_t)sign_of(x); }

static inline int32_t table_sigmoid(const uint16_t *table, int32_t x) {
  const int32_t y = look_up(table, magnitude_of(x));
  return (y ^ sign_of(x)) - sign_of(x) + (sign_of(x) & GATE_ONE);
}

static inline int32_t table_tanh(const uint16_t *table, int32_t x) {
  const int32_t y = look_up(table, magnitude_of(x));
  return (y ^ sign_of(x)) - sign_of(x);
}

#endif
