/*
 * Rows of int16 weights: acc = saturate(acc + ((p * q) >> 16)), which the core has instructions for.
 */
#ifndef INT16_H
#define INT16_H

#include <arm_acle.h>
#include "scale-payload.h"

/** (p * q) >> 16 for the halfword q at the bottom, or at the top, of a word. This compiler's arm_acle.h lacks them. */
static inline int32_t smulwb(int32_t p, uint32_t word) {
  int32_t product;
  __asm__("smulwb %0, %1, %2" : "=r"(product) : "r"(p), "r"(word));
  return product;
}
static inline int32_t smulwt(int32_t p, uint32_t word) {
  int32_t product;
  __asm__("smulwt %0, %1, %2" : "=r"(product) : "r"(p), "r"(word));
  return product;
}

#define Weight int16_t
#define Sum int32_t
#define Factor int32_t
#define ADD(sum, factor, weight) __qadd(sum, smulwb(factor, (uint32_t)(weight)))
/* Two weights a word: the products take the half that they want. */
#define ADD4(sums, factor, weights)                                                                                \
  do {                                                                                                             \
    uint32_t first, second;                                                                                        \
    __builtin_memcpy(&first, weights, 4);                                                                          \
    __builtin_memcpy(&second, weights + 2, 4);                                                                     \
    const int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];                                              \
    sums[0] = __qadd(a, smulwb(factor, first));                                                                    \
    sums[1] = __qadd(b, smulwt(factor, first));                                                                    \
    sums[2] = __qadd(c, smulwb(factor, second));                                                                   \
    sums[3] = __qadd(d, smulwt(factor, second));                                                                   \
    sums += 4;                                                                                                     \
    weights += 4;                                                                                                  \
  } while (0)

#endif
