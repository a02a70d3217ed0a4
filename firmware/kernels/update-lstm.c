/*
 * LSTM neurons: c = σ(f) c + σ(i) tanh(g), h = σ(o) tanh(c); accumulators i, f, g, o; the state is c; h is sent where it is not 0.
 * In integers c has the accumulators' 20 fraction bits and saturates, and h is rounded from the 30 of its product to 23.
 */
#include "gates.h"
#include "sums.h"
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
    const float h = sigmoid(sum[3 * n + i]) * tanh_of(c);
    if (h != 0.0f) event = put_event(event, first_key + i, bits_of(h));
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
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
    const int32_t g = table_tanh(tanh, sum[2 * n + i]) * (1 << 5);
    const int64_t wide = ((int64_t)forget * state[i] + (int64_t)input * g + GATE_HALF) >> GATE_BITS;
    const int32_t c = saturated(wide);
    state[i] = c;
    const int32_t output = table_sigmoid(sigmoid, sum[3 * n + i]);
    const int32_t h = (output * table_tanh(tanh, c) + (1 << 6)) >> 7;
    if (h != 0) event = put_event(event, first_key + i, (uint32_t)h);
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}
