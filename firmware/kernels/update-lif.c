/*
 * Leaky integrate-and-fire neurons with synaptic current: i = currentDecay i + x, v = potentialDecay v + gain i + leak. A spike
 * where v > threshold; then v - threshold, or a value. Integrators have no threshold and send v. Parameters, [n] each: start,
 * currentDecay, gain, potentialDecay, leak, threshold, reset; states i, v.
 */
#include "sums.h"
#include "tables.h"

typedef enum { SUBTRACTED, RESET, NEVER } AfterSpike;

static inline __attribute__((always_inline)) void step_float32(AfterSpike after) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  float *restrict sum = pe.accumulators;
  const float *restrict start = pe.parameters;
  float *restrict current = pe.state;
  float *restrict potential = current + n;
  Packet *event = pe.send_buffer;
  for (uint32_t k = 0; k < n; k += 1) {
    const float i = start[n + k] * current[k] + sum[k];
    sum[k] = start[k];
    current[k] = i;
    float v = start[3 * n + k] * potential[k] + start[2 * n + k] * i + start[4 * n + k];
    if (after == NEVER) {
      if (v != 0.0f) event = put_event(event, first_key + k, bits_of(v));
    } else if (v > start[5 * n + k]) {
      event = put_event(event, first_key + k, bits_of(1.0f));
      v = after == RESET ? start[6 * n + k] : v - start[5 * n + k];
    }
    potential[k] = v;
  }
  pe.send_end = event;
}

/** Factors are Q15; all else has the accumulators' fraction bits, and is rounded and saturated once. */
static inline int64_t unscaled(int64_t product) { return (product + GATE_HALF) >> GATE_BITS; }

static inline __attribute__((always_inline)) void step_integer(AfterSpike after) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  int32_t *restrict sum = pe.accumulators;
  const int32_t *restrict start = pe.parameters;
  int32_t *restrict current = pe.state;
  int32_t *restrict potential = current + n;
  Packet *event = pe.send_buffer;
  for (uint32_t k = 0; k < n; k += 1) {
    const int32_t i = saturated(unscaled((int64_t)start[n + k] * current[k]) + sum[k]);
    sum[k] = start[k];
    current[k] = i;
    const int64_t driven = (int64_t)start[3 * n + k] * potential[k] + (int64_t)start[2 * n + k] * i;
    int32_t v = saturated(unscaled(driven) + start[4 * n + k]);
    if (after == NEVER) {
      const int32_t payload = sum_payload(v);
      if (payload != 0) event = put_event(event, first_key + k, (uint32_t)payload);
    } else if (v > start[5 * n + k]) {
      event = put_event(event, first_key + k, SPIKE);
      v = after == RESET ? start[6 * n + k] : __qsub(v, start[5 * n + k]);
    }
    potential[k] = v;
  }
  pe.send_end = event;
}

void update_lif_float32(void) { step_float32(SUBTRACTED); }
void update_lif_integer(void) { step_integer(SUBTRACTED); }
void update_lif_reset_float32(void) { step_float32(RESET); }
void update_lif_reset_integer(void) { step_integer(RESET); }
void update_integrator_float32(void) { step_float32(NEVER); }
void update_integrator_integer(void) { step_integer(NEVER); }
