/*
 * Neurons without state: f(sum), sent where it is not 0. Parts of another population's fan-in are sums as they are.
 */
#include "gates.h"
#include "sums.h"
#include "tables.h"

/** @param value f of the sum; @param payload the same in integers. */
#define UPDATE_SUMS(NAME, value, payload)                                                                          \
  void update_##NAME##_float32(void) {                                                                             \
    const uint32_t n = pe.neurons;                                                                                 \
    const uint32_t first_key = pe.first_key;                                                                       \
    float *restrict sums = pe.accumulators;                                                                        \
    const float *restrict start = pe.parameters;                                                                   \
    Packet *event = pe.send_buffer;                                                                                \
    for (uint32_t i = 0; i < n; i += 1) {                                                                          \
      const float sum = sums[i];                                                                                   \
      const float sent = (value);                                                                                  \
      sums[i] = start[i];                                                                                          \
      if (sent != 0.0f) event = put_event(event, first_key + i, bits_of(sent));                                    \
    }                                                                                                              \
    pe.send_end = event;                                                                                           \
  }                                                                                                                \
                                                                                                                   \
  void update_##NAME##_integer(void) {                                                                             \
    const uint32_t n = pe.neurons;                                                                                 \
    const uint32_t first_key = pe.first_key;                                                                       \
    int32_t *restrict sums = pe.accumulators;                                                                      \
    const int32_t *restrict start = pe.parameters;                                                                 \
    Packet *event = pe.send_buffer;                                                                                \
    for (uint32_t i = 0; i < n; i += 1) {                                                                          \
      const int32_t sum = sums[i];                                                                                 \
      const int32_t sent = (payload);                                                                              \
      sums[i] = start[i];                                                                                          \
      if (sent != 0) event = put_event(event, first_key + i, (uint32_t)sent);                                      \
    }                                                                                                              \
    pe.send_end = event;                                                                                           \
  }

static inline int32_t positive(int32_t x) { return x > 0 ? x : 0; }

/** Q15 of the tables becomes Q23. */
static inline int32_t gate_payload(int32_t gate) { return clamped_payload(gate * (1 << 8)); }

UPDATE_SUMS(linear, sum, sum_payload(sum))
UPDATE_SUMS(relu, sum > 0.0f ? sum : 0.0f, positive(sum_payload(sum)))
UPDATE_SUMS(sigmoid, sigmoid(sum), gate_payload(table_sigmoid(pe.sigmoid, sum)))
UPDATE_SUMS(tanh, tanh_of(sum), gate_payload(table_tanh(pe.tanh, sum)))
