/*
 * GRU neurons: n = tanh(a + σ(r) b), h = (1 - σ(z)) n + σ(z) h; accumulators r, z, a, b; the state is h, sent where it is
 * not 0. Integers are as in an EGRU.
 */
#include "gates.h"
#include "sums.h"
#include "tables.h"

void update_gru_float32(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  const float *sum = pe.accumulators;
  float *restrict state = pe.state;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const float r = sigmoid(sum[i]);
    const float z = sigmoid(sum[n + i]);
    const float candidate = tanh_of(sum[2 * n + i] + r * sum[3 * n + i]);
    const float h = (1.0f - z) * candidate + z * state[i];
    state[i] = h;
    if (h != 0.0f) event = put_event(event, first_key + i, bits_of(h));
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}

void update_gru_integer(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  const uint16_t *restrict sigmoid = pe.sigmoid;
  const uint16_t *restrict tanh = pe.tanh;
  const int32_t *sum = pe.accumulators;
  int32_t *restrict state = pe.state;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const int32_t r = table_sigmoid(sigmoid, sum[i]);
    const int32_t z = table_sigmoid(sigmoid, sum[n + i]);
    const int32_t reset = (int32_t)(((int64_t)r * sum[3 * n + i] + GATE_HALF) >> GATE_BITS);
    const int32_t candidate = table_tanh(tanh, __qadd(sum[2 * n + i], reset)) * (1 << 8);
    const int64_t mixed = (int64_t)(GATE_ONE - z) * candidate + (int64_t)z * state[i] + GATE_HALF;
    const int32_t h = clamped_payload((int32_t)(mixed >> GATE_BITS));
    state[i] = h;
    if (h != 0) event = put_event(event, first_key + i, (uint32_t)h);
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}
