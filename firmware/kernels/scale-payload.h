/*
 * A payload meets its row's multiplier once a row: clamp((payload * m + half) >> k), docs/model.md, 2.
 */
#ifndef SCALE_PAYLOAD_H
#define SCALE_PAYLOAD_H

#include "pe.h"

static inline int32_t multiplier_of(const SourceBlock *block, uint32_t row) {
  return (int32_t)block->multipliers[row & block->row_mask];
}

/** (a * b + 2^31) >> 32 */
static inline int32_t smmulr(int32_t a, int32_t b) {
  int32_t high;
  __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
  return high;
}

/**
 * For shifts k of 18 to 32 (int8: 23 to 32): payload and multiplier, below 2^24 both, are moved up by 32 - k bits together,
 * so that the upper word of the product is the result. It is too small to be clamped.
 */
static inline int32_t scaled_payload(const SourceBlock *block, uint32_t row, float payload) {
  const int32_t raised = (int32_t)bits_of(payload) << block->payload_shift;
  return smmulr(raised, multiplier_of(block, row) << block->multiplier_shift);
}

/** For any shift. */
static inline int32_t scaled_payload_slowly(const SourceBlock *block, uint32_t row, float payload, int32_t limit) {
  const int64_t product = (int64_t)(int32_t)bits_of(payload) * multiplier_of(block, row);
  const uint32_t shift = block->scale_shift;
  const int64_t half = shift == 0 ? 0 : (int64_t)1 << (shift - 1);
  const int64_t scaled = (product + half) >> shift;
  if (scaled > limit) return limit;
  return scaled < -limit ? -limit : (int32_t)scaled;
}

#endif
