/*
 * EGRU neurons in integers (docs/model.md, 2): state in Q23, gates in Q15, accumulators with 20 fraction bits.
 */
#include <arm_acle.h>
#include "tables.h"

void update_egru_integer(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  const uint16_t *restrict sigmoid = pe.sigmoid;
  const uint16_t *restrict tanh = pe.tanh;
  const int32_t *sum = pe.accumulators;
  const int32_t *restrict threshold = (const int32_t *)pe.parameters + 4 * n;
  int32_t *restrict state = pe.state;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const int32_t z = table_sigmoid(sigmoid, sum[i]);
    const int32_t r = table_sigmoid(sigmoid, sum[n + i]);
    const int32_t reset = (int32_t)(((int64_t)r * sum[3 * n + i] + GATE_HALF) >> GATE_BITS);
    const int32_t g = table_tanh(tanh, __qadd(sum[2 * n + i], reset)) * (1 << 8);
    int32_t c = (int32_t)(((int64_t)z * state[i] + (int64_t)(GATE_ONE - z) * g + GATE_HALF) >> GATE_BITS);
    if (c > threshold[i]) {
      event = put_event(event, first_key + i, (uint32_t)c);
      c -= threshold[i];
    }
    state[i] = c;
  }
  reset_accumulators(pe.accumulators, pe.parameters, 4 * n);
  pe.send_end = event;
}
