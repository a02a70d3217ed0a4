/*
 * σ and tanh of float32 neurons, in one of three ways, chosen when the firmware is built:
 *
 *   GATES_EXACT        float64, rounded once, as docs/model.md has it: to be compared with the simulator. Far too slow for
 *                      a core without float64, and counted nowhere.
 *   GATES_SOFTWARE     float32 throughout.
 *   GATES_ACCELERATOR  the PE's exponential unit, s16.15 in and out.
 */
#ifndef GATES_H
#define GATES_H

#include "pe.h"

#if defined GATES_EXACT

#include <math.h>

static inline float sigmoid(float x) { return 1.0f / (1.0f + (float)exp((double)-x)); }
static inline float tanh_of(float x) { return (float)tanh((double)x); }

#else

#if defined GATES_SOFTWARE

static inline float float_of(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/** e^-|x| in (0, 1]: 2^n e^r with |r| <= ln 2 / 2, e^r by its series up to r^6; below 2^-126 it is 0. */
static inline float exp_of_minus(float magnitude) {
  const float scaled = magnitude * -1.44269504f;
  if (scaled < -126.0f) return 0.0f;
  const int32_t n = (int32_t)(scaled - 0.5f);
  const float whole = (float)n;
  const float r = -magnitude - whole * 0.693359375f - whole * -2.12194440e-4f;
  float p = 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  const float series = (p * r) * r + r + 1.0f;
  return float_of(bits_of(series) + ((uint32_t)n << 23));
}

#elif defined GATES_ACCELERATOR

#include "exponential-unit.h"

/** The conversion clamps to the unit's range by itself: e^-65536 is 0. */
static inline float exp_of_minus(float magnitude) {
  const int32_t operand = (int32_t)(magnitude * -32768.0f);
  return (float)exponential_unit(operand) * (1.0f / 32768.0f);
}

#else
#error "Say how gates are computed: GATES_EXACT, GATES_SOFTWARE or GATES_ACCELERATOR."
#endif

/** Both from e^-|x|, which never overflows. */
static inline float sigmoid(float x) {
  const float e = exp_of_minus(__builtin_fabsf(x));
  const float high = 1.0f / (1.0f + e);
  return x < 0.0f ? e * high : high;
}

static inline float tanh_of(float x) {
  const float e = exp_of_minus(2.0f * __builtin_fabsf(x));
  const float magnitude = (1.0f - e) / (1.0f + e);
  return __builtin_copysignf(magnitude, x);
}

#endif
#endif
