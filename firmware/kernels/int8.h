/*
 * Rows of int8 weights: acc = saturate(acc + ((p * q) >> 8)). A product has at most 31 bits.
 */
#ifndef INT8_H
#define INT8_H

#include <arm_acle.h>
#include "scale-payload.h"

#define Weight int8_t
#define Sum int32_t
#define Factor int32_t
#define ADD(sum, factor, weight) __qadd(sum, ((factor) * (weight)) >> 8)
#define ADD4(sums, factor, weights)                                                                                \
  do {                                                                                                             \
    const int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];                                              \
    sums[0] = ADD(a, factor, weights[0]);                                                                          \
    sums[1] = ADD(b, factor, weights[1]);                                                                          \
    sums[2] = ADD(c, factor, weights[2]);                                                                          \
    sums[3] = ADD(d, factor, weights[3]);                                                                          \
    sums += 4;                                                                                                     \
    weights += 4;                                                                                                  \
  } while (0)

#endif
