/*
 * LSTM neurons: c = σ(f) c + σ(i) tanh(g), h = σ(o) tanh(c); accumulators i, f, g, o; the state is c. All send h in each timestep.
 * In integers c has 23 fraction bits and saturates, and h is rounded from the 30 of its product to 23.
 */
#include <arm_acle.h>
#include "gates.h"
#include "tables.h"

void update_lstm_float32(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  const float *sum = pe.accumulators;
  float *restrict state = pe.state;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const float added = sigmoid(sum[i]) * tanh_of(sum[2 * n + i]);
    const float c = sigmoid(sum[n + i]) * state[i] + added;
    state[i] = c;
    event = put_event(event, first_key + i, bits_of(sigmoid(sum[3 * n + i]) * tanh_of(c)));
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}

/** x of at most 33 bits, kept within 32. */
static inline int32_t saturated(int64_t x) {
  return x == (int32_t)x ? (int32_t)x : (int32_t)(x >> 63) ^ INT32_MAX;
}

void update_lstm_integer(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  const uint16_t *restrict sigmoid = pe.sigmoid;
  const uint16_t *restrict tanh = pe.tanh;
  const int32_t *sum = pe.accumulators;
  int32_t *restrict state = pe.state;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const int32_t input = table_sigmoid(sigmoid, sum[i]);
    const int32_t forget = table_sigmoid(sigmoid, sum[n + i]);
    const int32_t g = table_tanh(tanh, sum[2 * n + i], SUM_STEP_BITS) * (1 << 8);
    const int64_t wide = ((int64_t)forget * state[i] + (int64_t)input * g + GATE_HALF) >> GATE_BITS;
    const int32_t c = saturated(wide);
    state[i] = c;
    const int32_t output = table_sigmoid(sigmoid, sum[3 * n + i]);
    const int32_t h = (output * table_tanh(tanh, c, STATE_STEP_BITS) + (1 << 6)) >> 7;
    event = put_event(event, first_key + i, (uint32_t)h);
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}
