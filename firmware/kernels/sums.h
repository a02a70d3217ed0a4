/*
 * What kernels of several kinds do with integers of 20 fraction bits (docs/model.md, 2).
 */
#ifndef SUMS_H
#define SUMS_H

#include <arm_acle.h>
#include "pe.h"

/** Payloads have 24 bits, and both ends are as far from 0. */
#define PAYLOAD_LIMIT ((1 << 23) - 1)

/** A spike, in Q16. */
#define SPIKE (1 << 16)

static inline int32_t clamped_payload(int32_t x) {
  x = __ssat(x, 24);
  return x < -PAYLOAD_LIMIT ? -PAYLOAD_LIMIT : x;
}

/** A sum as a payload of Q16: 20 fraction bits become 16, rounded. */
static inline int32_t sum_payload(int32_t sum) { return clamped_payload(__qadd(sum, 1 << 3) >> 4); }

/** x, kept within 32 bits. */
static inline int32_t saturated(int64_t x) {
  return x == (int32_t)x ? (int32_t)x : (int32_t)(x >> 63) ^ INT32_MAX;
}

#endif
