/*
 * Max pooling: the largest value that came, at least 0 where a source sent none; sent where it is not 0.
 */
#include "pe.h"

#define UPDATE_MAX_POOL(NAME, Value, BITS)                                                                         \
  void NAME(void) {                                                                                                \
    const uint32_t n = pe.neurons;                                                                                 \
    const uint32_t first_key = pe.first_key;                                                                       \
    Value *restrict largest = pe.accumulators;                                                                     \
    const Value *restrict start = pe.parameters;                                                                   \
    Packet *event = pe.send_buffer;                                                                                \
    for (uint32_t i = 0; i < n; i += 1) {                                                                          \
      const Value missing = largest[n + i];                                                                        \
      Value value = largest[i];                                                                                    \
      largest[i] = start[i];                                                                                       \
      largest[n + i] = start[n + i];                                                                               \
      if (missing > 0 && value < 0) value = 0;                                                                     \
      if (value != 0) event = put_event(event, first_key + i, BITS(value));                                        \
    }                                                                                                              \
    pe.send_end = event;                                                                                           \
  }

UPDATE_MAX_POOL(update_max_pool_float32, float, bits_of)
UPDATE_MAX_POOL(update_max_pool_integer, int32_t, (uint32_t))
