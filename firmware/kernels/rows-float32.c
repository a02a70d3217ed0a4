/*
 * Rows of float32 weights: a multiplication and an addition, each rounded.
 */
#include "pe.h"

#define WALK_OF walk_of_float32
#define Weight float
#define Sum float
#define Factor float
#define FACTOR(block, row, payload) (payload)
#define ADD(sum, factor, weight) ((sum) + (factor) * (weight))
/* Loads and stores of several registers are pipelined, those of one are not; compilers do not find this. */
#define ADD4(sums, factor, weights)                                                                                \
  __asm__("vldmia %1!, {s8-s11}\n\t"                                                                               \
          "vldmia %0, {s12-s15}\n\t"                                                                               \
          "vmul.f32 s8, s8, %2\n\t"                                                                                \
          "vmul.f32 s9, s9, %2\n\t"                                                                                \
          "vmul.f32 s10, s10, %2\n\t"                                                                              \
          "vmul.f32 s11, s11, %2\n\t"                                                                              \
          "vadd.f32 s12, s12, s8\n\t"                                                                              \
          "vadd.f32 s13, s13, s9\n\t"                                                                              \
          "vadd.f32 s14, s14, s10\n\t"                                                                             \
          "vadd.f32 s15, s15, s11\n\t"                                                                             \
          "vstmia %0!, {s12-s15}"                                                                                  \
          : "+r"(sums), "+r"(weights)                                                                              \
          : "t"(factor)                                                                                            \
          : "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "memory")

#include "rows.h"
