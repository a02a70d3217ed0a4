/*
 * Sums that are part of another population's fan-in: sent where they are not 0, as they are or as payloads of Q16.
 */
#include <arm_acle.h>
#include "pe.h"

void update_linear_float32(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  float *restrict sum = pe.accumulators;
  const float *restrict start = pe.parameters;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const float value = sum[i];
    sum[i] = start[i];
    if (value != 0.0f) event = put_event(event, first_key + i, bits_of(value));
  }
  pe.send_end = event;
}

/** 20 fraction bits become 16. */
#define ROUNDED_BITS 4
#define PAYLOAD_LIMIT ((1 << 23) - 1)

void update_linear_integer(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  int32_t *restrict sum = pe.accumulators;
  const int32_t *restrict start = pe.parameters;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    int32_t payload = __ssat(__qadd(sum[i], 1 << (ROUNDED_BITS - 1)) >> ROUNDED_BITS, 24);
    if (payload < -PAYLOAD_LIMIT) payload = -PAYLOAD_LIMIT;
    sum[i] = start[i];
    if (payload != 0) event = put_event(event, first_key + i, (uint32_t)payload);
  }
  pe.send_end = event;
}
