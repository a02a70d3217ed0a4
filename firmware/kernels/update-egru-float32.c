/*
 * EGRU neurons in float32 (docs/model.md, 1), every operation rounded.
 */
#include "gates.h"

void update_egru_float32(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  const float *sum = pe.accumulators;
  const float *restrict threshold = (const float *)pe.parameters + 4 * n;
  float *restrict state = pe.state;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const float z = sigmoid(sum[i]);
    const float r = sigmoid(sum[n + i]);
    const float g = tanh_of(sum[2 * n + i] + r * sum[3 * n + i]);
    float c = z * state[i] + (1.0f - z) * g;
    if (c > threshold[i]) {
      event = put_event(event, first_key + i, bits_of(c));
      c -= threshold[i];
    }
    state[i] = c;
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}
