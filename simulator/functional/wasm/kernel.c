/*
 * The inner loops of the simulator: what every event and every neuron costs anew in each timestep. docs/model.md
 * is normative for the arithmetic. Operations on float32 are rounded one by one: compile without contraction.
 *
 * kernel-binary.ts holds this file compiled to WebAssembly; build.sh beside it makes it anew. Compiled for the
 * machine at hand, the same file is what `npm run bench` measures the kernel against.
 */
#include <stdint.h>

#ifdef __wasm__
#define KERNEL __attribute__((visibility("default")))
#define FROM_HOST(name) __attribute__((import_module("host"), import_name(#name)))
/** The host's float64 functions; rounded to float32 they are what a gate is made of. */
FROM_HOST(exp) double host_exp(double x);
FROM_HOST(tanh) double host_tanh(double x);
#else
#include <math.h>
#define KERNEL
#define host_exp exp
#define host_tanh tanh
#endif

/** Values clamped so far. */
typedef struct {
  double scaled_payload;
  double accumulator;
} Saturations;

/* ---- Synapses: adds the rows of all events to the accumulators, sources and then targets ascending. ----
 *
 * row_start [sources + 1], target and weight [synapses]; neuron and payload [count] are the events.
 */

/* acc = acc + w * payload, both operations rounded to float32. */
#define ADD_FLOAT32(NAME, TARGET)                                                                                  \
  KERNEL void NAME(const uint32_t *row_start, const TARGET *target, const float *weight, const uint32_t *neuron,   \
                   const float *payload, uint32_t count, float *accumulator) {                                     \
    for (uint32_t event = 0; event < count; event += 1) {                                                          \
      const float value = payload[event];                                                                          \
      const uint32_t end = row_start[neuron[event] + 1];                                                           \
      for (uint32_t i = row_start[neuron[event]]; i < end; i += 1) accumulator[target[i]] += weight[i] * value;    \
    }                                                                                                              \
  }

ADD_FLOAT32(addFloat32, uint16_t)
ADD_FLOAT32(addFloat32Wide, uint32_t)

/*
 * acc = saturate(acc + ((scaled * w) >> SHIFT)); the payload is scaled once a row. A clamped payload counts once
 * for each PE that scales it. A product has at most 31 bits, so a sum of 24 bits cannot leave 32, and one of 32
 * has left them where its sign is neither addend's.
 */
#define LEAVES_24(a, b, sum) ((uint32_t)(sum) + (1u << 23) >= 1u << 24)
#define LEAVES_32(a, b, sum) ((((a) ^ (sum)) & ((b) ^ (sum))) < 0)

#define ADD_INTEGER(NAME, TARGET, WEIGHT, PRODUCT, SHIFT, LIMIT, BITS)                                             \
  KERNEL void NAME(const uint32_t *row_start, const TARGET *target, const WEIGHT *weight,                          \
                   const uint32_t *neuron, const int32_t *payload, uint32_t count, int32_t *accumulator,           \
                   const uint32_t *multiplier, uint32_t shift, const uint32_t *pe_rows,                            \
                   Saturations *saturations) {                                                                     \
    const int64_t half = shift == 0 ? 0 : (int64_t)1 << (shift - 1);                                               \
    uint32_t clamped = 0;                                                                                          \
    for (uint32_t event = 0; event < count; event += 1) {                                                          \
      const uint32_t source = neuron[event];                                                                       \
      const uint32_t end = row_start[source + 1];                                                                  \
      uint32_t i = row_start[source];                                                                              \
      if (i == end) continue;                                                                                      \
      const int64_t wide = ((int64_t)payload[event] * multiplier[source] + half) >> shift;                         \
      const int64_t limited = wide > (LIMIT) ? (LIMIT) : wide < -(int64_t)(LIMIT) ? -(int64_t)(LIMIT) : wide;      \
      if (limited != wide) saturations->scaled_payload += pe_rows[source];                                         \
      const PRODUCT scaled = (PRODUCT)limited;                                                                     \
      for (; i < end; i += 1) {                                                                                    \
        const int32_t product = (int32_t)((scaled * weight[i]) >> SHIFT);                                          \
        const int32_t before = accumulator[target[i]];                                                             \
        int32_t sum = (int32_t)((uint32_t)before + (uint32_t)product);                                             \
        if (__builtin_expect(LEAVES_##BITS(before, product, sum), 0)) {                                            \
          const int32_t high = (int32_t)((1u << (BITS - 1)) - 1);                                                  \
          sum = (int64_t)before + product < 0 ? -high - 1 : high;                                                  \
          clamped += 1;                                                                                            \
        }                                                                                                          \
        accumulator[target[i]] = sum;                                                                              \
      }                                                                                                            \
    }                                                                                                              \
    saturations->accumulator += clamped;                                                                           \
  }

ADD_INTEGER(addInt8In24, uint16_t, int8_t, int32_t, 8, 1 << 24, 24)
ADD_INTEGER(addInt8In24Wide, uint32_t, int8_t, int32_t, 8, 1 << 24, 24)
ADD_INTEGER(addInt8In32, uint16_t, int8_t, int32_t, 8, 1 << 24, 32)
ADD_INTEGER(addInt8In32Wide, uint32_t, int8_t, int32_t, 8, 1 << 24, 32)
ADD_INTEGER(addInt16In24, uint16_t, int16_t, int64_t, 16, INT32_MAX, 24)
ADD_INTEGER(addInt16In24Wide, uint32_t, int16_t, int64_t, 16, INT32_MAX, 24)
ADD_INTEGER(addInt16In32, uint16_t, int16_t, int64_t, 16, INT32_MAX, 32)
ADD_INTEGER(addInt16In32Wide, uint32_t, int16_t, int64_t, 16, INT32_MAX, 32)

/* ---- Max pooling: largest = max(largest, payload), missing = missing - 1; weights and scales are 1. ----
 *
 * accumulator [2, size]: largest, then missing. Targets lie below size.
 */
#define TAKE_MAXIMA(NAME, TARGET, VALUE)                                                                           \
  KERNEL void NAME(const uint32_t *row_start, const TARGET *target, const uint32_t *neuron, const VALUE *payload,  \
                   uint32_t count, VALUE *accumulator, uint32_t size) {                                            \
    for (uint32_t event = 0; event < count; event += 1) {                                                          \
      const VALUE value = payload[event];                                                                          \
      const uint32_t end = row_start[neuron[event] + 1];                                                           \
      for (uint32_t i = row_start[neuron[event]]; i < end; i += 1) {                                               \
        VALUE *const largest = accumulator + target[i];                                                            \
        if (value > *largest) *largest = value;                                                                    \
        largest[size] -= 1;                                                                                        \
      }                                                                                                            \
    }                                                                                                              \
  }

TAKE_MAXIMA(maxFloat32, uint16_t, float)
TAKE_MAXIMA(maxFloat32Wide, uint32_t, float)
TAKE_MAXIMA(maxInteger, uint16_t, int32_t)
TAKE_MAXIMA(maxIntegerWide, uint32_t, int32_t)

/* ---- Products on MAC arrays (docs/model.md, 2): one a timestep instead of rows event by event. ----
 *
 * weight [sources, columns]; hears [sources]: whether a source's events arrive. Payloads become int8 with the smallest
 * shift that brings the largest of them below 128. sum [columns] is overwritten; target [columns]: accumulator of each.
 */

#define INPUT_LIMIT 127
/** log2 of the product shift of int8. */
#define PRODUCT_BITS 8

static inline uint32_t absolute(int32_t x) { return x < 0 ? 0u - (uint32_t)x : (uint32_t)x; }

static inline int32_t limited(int64_t x, int64_t low, int64_t high) {
  return (int32_t)(x < low ? low : x > high ? high : x);
}

/** Events whose rows are added together. */
#define ROWS_AT_ONCE 64
/** Rows whose products are added before they are widened: two products of int8 fit 16 bits. */
#define ROWS_IN_TURN 4

typedef int8_t Bytes __attribute__((vector_size(8)));
typedef int16_t Halves __attribute__((vector_size(16)));
typedef int32_t Words __attribute__((vector_size(32)));
#define COLUMNS_AT_ONCE 8

static inline Halves halves_at(const int8_t *from) {
  Bytes bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return __builtin_convertvector(bytes, Halves);
}

/** Adds rows whose sums cannot leave their range, so many in turn; the last ones may be empty, with inputs of 0. */
static void add_rows(int32_t *sum, const int8_t *const *row, const int16_t *input, uint32_t rows, uint32_t columns) {
  for (uint32_t first = 0; first < rows; first += ROWS_IN_TURN) {
    const int8_t *a = row[first], *b = row[first + 1], *c = row[first + 2], *d = row[first + 3];
    const int16_t x = input[first], y = input[first + 1], z = input[first + 2], w = input[first + 3];
    uint32_t column = 0;
    for (; column + COLUMNS_AT_ONCE <= columns; column += COLUMNS_AT_ONCE) {
      const Halves early = x * halves_at(a + column) + y * halves_at(b + column);
      const Halves late = z * halves_at(c + column) + w * halves_at(d + column);
      Words sums;
      __builtin_memcpy(&sums, sum + column, sizeof sums);
      sums += __builtin_convertvector(early, Words) + __builtin_convertvector(late, Words);
      __builtin_memcpy(sum + column, &sums, sizeof sums);
    }
    for (; column < columns; column += 1)
      sum[column] += x * a[column] + y * b[column] + z * c[column] + w * d[column];
  }
}

/** Adds one row after the other. Returns how often a sum was clamped. */
static uint32_t add_rows_saturating(int32_t *sum, const int8_t *const *row, const int16_t *input, uint32_t rows,
                                    uint32_t columns, int64_t end) {
  uint32_t clamped = 0;
  for (uint32_t each = 0; each < rows; each += 1) {
    for (uint32_t column = 0; column < columns; column += 1) {
      const int64_t wide = (int64_t)sum[column] + input[each] * row[each][column];
      sum[column] = limited(wide, -end, end - 1);
      clamped += wide != sum[column];
    }
  }
  return clamped;
}

/** Adds rows in the way that their sums allow. Room for ROWS_IN_TURN - 1 more is behind them. */
static uint32_t add_some_rows(int32_t *sum, const int8_t **row, int16_t *input, uint32_t rows, uint32_t columns,
                              int64_t end) {
  int64_t most = 0;
  for (uint32_t each = 0; each < rows; each += 1) most += absolute(input[each]) * INPUT_LIMIT;
  uint32_t largest = 0;
  for (uint32_t column = 0; column < columns; column += 1) {
    const uint32_t magnitude = absolute(sum[column]);
    largest = magnitude > largest ? magnitude : largest;
  }
  if (largest + most >= end) return add_rows_saturating(sum, row, input, rows, columns, end);
  for (uint32_t each = rows; each < rows + ROWS_IN_TURN - 1; each += 1) {
    row[each] = row[0];
    input[each] = 0;
  }
  add_rows(sum, row, input, rows, columns);
  return 0;
}

/** A sum that leaves these ends saturates its accumulator, wherever that stands. */
#define BEYOND ((int64_t)1 << 40)

static inline int64_t within(int64_t x) { return x < -BEYOND ? -BEYOND : x > BEYOND ? BEYOND : x; }

/** The payloads that arrive, in int8: shifted by the common scale and rounded. */
typedef struct {
  /** Whether all of them are 0. */
  uint32_t is_zero;
  uint32_t scale;
  int64_t half;
} Inputs;

static Inputs inputs_of(const uint32_t *neuron, const int32_t *payload, uint32_t count, const uint8_t *hears) {
  uint32_t largest = 0;
  for (uint32_t event = 0; event < count; event += 1) {
    const uint32_t magnitude = absolute(payload[event]);
    if (hears[neuron[event]] && magnitude > largest) largest = magnitude;
  }
  uint32_t scale = 0;
  while (largest >> scale > INPUT_LIMIT) scale += 1;
  return (Inputs){largest == 0, scale, scale == 0 ? 0 : (int64_t)1 << (scale - 1)};
}

static inline int32_t input_of(int32_t payload, Inputs inputs) {
  return limited((payload + inputs.half) >> inputs.scale, -INPUT_LIMIT, INPUT_LIMIT);
}

/** How sums are scaled before they are added to accumulators. */
typedef struct {
  uint32_t multiplier, right;
  int64_t up, rounding;
  /** Accumulators have values from -end to end - 1. */
  int64_t end;
} Scaling;

/** |sum * multiplier| < 2^55, so that shifts beyond 62 give 0 like this one. */
static Scaling scaling_of(uint32_t multiplier, uint32_t shift, Inputs inputs, uint32_t bits) {
  const int32_t down = (int32_t)shift + PRODUCT_BITS - (int32_t)inputs.scale;
  const uint32_t right = down > 62 ? 62 : down > 0 ? (uint32_t)down : 0;
  return (Scaling){multiplier, right, down < 0 ? (int64_t)1 << -down : 0,
                   right == 0 ? 0 : (int64_t)1 << (right - 1), (int64_t)1 << (bits - 1)};
}

/** Adds a sum to its accumulator. Returns whether that was clamped. */
static inline uint32_t add_sum(int32_t sum, int32_t *accumulator, Scaling to) {
  const int64_t product = (int64_t)sum * to.multiplier;
  const int64_t value = within(to.up ? within(product) * to.up : (product + to.rounding) >> to.right);
  const int64_t after = (int64_t)*accumulator + value;
  *accumulator = limited(after, -to.end, to.end - 1);
  return after < -to.end || after >= to.end;
}

KERNEL void addProduct(const int8_t *weight, uint32_t columns, const uint32_t *neuron, const int32_t *payload,
                       uint32_t count, const uint8_t *hears, int32_t *sum, uint32_t sum_bits,
                       const uint32_t *target, int32_t *accumulator, uint32_t bits, uint32_t multiplier,
                       uint32_t shift, Saturations *saturations) {
  const Inputs inputs = inputs_of(neuron, payload, count, hears);
  if (inputs.is_zero) return;
  const int8_t *row[ROWS_AT_ONCE + ROWS_IN_TURN - 1];
  int16_t input[ROWS_AT_ONCE + ROWS_IN_TURN - 1];
  const int64_t sum_end = (int64_t)1 << (sum_bits - 1);
  uint32_t rows = 0;
  uint32_t clamped = 0;
  for (uint32_t column = 0; column < columns; column += 1) sum[column] = 0;
  for (uint32_t event = 0; event < count; event += 1) {
    const uint32_t source = neuron[event];
    if (!hears[source]) continue;
    row[rows] = weight + source * columns;
    input[rows] = (int16_t)input_of(payload[event], inputs);
    rows += input[rows] != 0;
    if (rows < ROWS_AT_ONCE) continue;
    clamped += add_some_rows(sum, row, input, rows, columns, sum_end);
    rows = 0;
  }
  if (rows > 0) clamped += add_some_rows(sum, row, input, rows, columns, sum_end);
  const Scaling scaling = scaling_of(multiplier, shift, inputs, bits);
  for (uint32_t column = 0; column < columns; column += 1)
    clamped += add_sum(sum[column], accumulator + target[column], scaling);
  saturations->accumulator += clamped;
}

/* By a kernel that all places share: weight [channels, taps]; source [groups, places, taps]: what each tap meets, `size` where that is
 * padding; operand [size + 1] and seen [taps] are overwritten; accumulator [places, channels].
 */

/** Sum of what taps meet, taps ascending. Returns how often it was clamped. */
static uint32_t add_taps(int32_t *into, const int8_t *seen, const int8_t *weight, uint32_t taps, int64_t end) {
  int32_t sum = 0;
  uint32_t clamped = 0;
  if ((int64_t)taps * INPUT_LIMIT * INPUT_LIMIT < end) {
    for (uint32_t tap = 0; tap < taps; tap += 1) sum += (int16_t)seen[tap] * (int16_t)weight[tap];
  } else {
    for (uint32_t tap = 0; tap < taps; tap += 1) {
      const int64_t wide = (int64_t)sum + seen[tap] * weight[tap];
      sum = limited(wide, -end, end - 1);
      clamped += wide != sum;
    }
  }
  *into = sum;
  return clamped;
}

KERNEL void addConvolution(const int8_t *weight, uint32_t taps, uint32_t channels, uint32_t groups, uint32_t places,
                           const uint32_t *source, const uint32_t *neuron, const int32_t *payload, uint32_t count,
                           const uint8_t *hears, uint32_t size, int8_t *operand, int8_t *seen, uint32_t sum_bits,
                           int32_t *accumulator, uint32_t bits, uint32_t multiplier, uint32_t shift,
                           Saturations *saturations) {
  const Inputs inputs = inputs_of(neuron, payload, count, hears);
  if (inputs.is_zero) return;
  for (uint32_t each = 0; each <= size; each += 1) operand[each] = 0;
  for (uint32_t event = 0; event < count; event += 1)
    if (hears[neuron[event]]) operand[neuron[event]] = (int8_t)input_of(payload[event], inputs);
  const Scaling scaling = scaling_of(multiplier, shift, inputs, bits);
  const int64_t sum_end = (int64_t)1 << (sum_bits - 1);
  const uint32_t each_group = channels / groups;
  uint32_t clamped = 0;
  for (uint32_t group = 0; group < groups; group += 1) {
    for (uint32_t place = 0; place < places; place += 1) {
      for (uint32_t tap = 0; tap < taps; tap += 1) seen[tap] = operand[source[tap]];
      source += taps;
      for (uint32_t channel = group * each_group; channel < (group + 1) * each_group; channel += 1) {
        int32_t sum;
        clamped += add_taps(&sum, seen, weight + channel * taps, taps, sum_end);
        clamped += add_sum(sum, accumulator + place * channels + channel, scaling);
      }
    }
  }
  saturations->accumulator += clamped;
}

/* ---- Counting: how many synops and non-empty rows the events cost each slice. ----
 *
 * table [sources, columns]: synops that an event of a source costs a slice, 0 where its row is empty. synops and
 * rows [columns] are overwritten.
 */

KERNEL void countRowsWide(const uint32_t *table, uint32_t columns, const uint32_t *neuron, uint32_t count,
                          uint32_t *synops, uint32_t *rows) {
  for (uint32_t column = 0; column < columns; column += 1) {
    synops[column] = 0;
    rows[column] = 0;
  }
  for (uint32_t event = 0; event < count; event += 1) {
    const uint32_t *row = table + neuron[event] * columns;
    for (uint32_t column = 0; column < columns; column += 1) {
      synops[column] += row[column];
      rows[column] += row[column] != 0;
    }
  }
}

#define LANES 8
typedef uint16_t Narrow __attribute__((vector_size(2 * LANES)));
typedef uint32_t Wide __attribute__((vector_size(4 * LANES)));

/** Events after which a lane of 16 bits may be full. */
#define CHUNK 65535

static inline void count_lanes(const uint16_t *table, uint32_t columns, const uint32_t *neuron, uint32_t count,
                               uint32_t *synops, uint32_t *rows) {
  Wide weights = {0};
  Wide fetched = {0};
  for (uint32_t event = 0; event < count;) {
    const uint32_t end = count - event > CHUNK ? event + CHUNK : count;
    Narrow found = {0};
    for (; event < end; event += 1) {
      Narrow row;
      __builtin_memcpy(&row, table + neuron[event] * columns, sizeof row);
      weights += __builtin_convertvector(row, Wide);
      found -= (Narrow)(row != 0);
    }
    fetched += __builtin_convertvector(found, Wide);
  }
  __builtin_memcpy(synops, &weights, sizeof weights);
  __builtin_memcpy(rows, &fetched, sizeof fetched);
}

/** The last lanes may count columns of the lanes before them once more, which changes nothing. */
KERNEL void countRows(const uint16_t *table, uint32_t columns, const uint32_t *neuron, uint32_t count,
                      uint32_t *synops, uint32_t *rows) {
  uint32_t column = 0;
  for (; column + LANES <= columns; column += LANES)
    count_lanes(table + column, columns, neuron, count, synops + column, rows + column);
  if (column == columns) return;
  if (columns >= LANES) {
    column = columns - LANES;
    count_lanes(table + column, columns, neuron, count, synops + column, rows + column);
    return;
  }
  for (column = 0; column < columns; column += 1) {
    uint32_t weights = 0;
    uint32_t fetched = 0;
    for (uint32_t event = 0; event < count; event += 1) {
      const uint32_t row = table[neuron[event] * columns + column];
      weights += row;
      fetched += row != 0;
    }
    synops[column] = weights;
    rows[column] = fetched;
  }
}

/* ---- Neurons, float32. ---- */

/** exp(i) for whole i, and exp(j / 128) for j = 0 ... 127. */
#define LARGEST_EXPONENT 88
static double whole_exp[2 * LARGEST_EXPONENT + 1];
static double part_exp[128];

/** To be called once, before any neuron is updated. */
KERNEL void prepare(void) {
  for (int i = -LARGEST_EXPONENT; i <= LARGEST_EXPONENT; i += 1) whole_exp[i + LARGEST_EXPONENT] = host_exp(i);
  for (int j = 0; j < 128; j += 1) part_exp[j] = host_exp(j / 128.0);
}

static inline uint64_t bits_of(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

/** Added to a number below 2^51, it rounds it to a whole one, which then stands in the lowest bits. */
#define ROUNDER 0x1.8p52

/** exp(x) to 2^-43 of its value, for |x| < LARGEST_EXPONENT - 1: exp(i) exp(j / 128) and a series for the rest. */
static inline double near_exp(double x) {
  const double rounded = x * 128 + ROUNDER;
  const int32_t n = (int32_t)bits_of(rounded);
  const double r = x - (rounded - ROUNDER) * (1.0 / 128);
  const double series = 1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24))));
  return whole_exp[(n >> 7) + LARGEST_EXPONENT] * part_exp[n & 127] * series;
}

/**
 * Whether a number known to 2^-40 of itself lies so near to the middle between two float32 that it could be
 * rounded to either. For numbers that are normal in float32; about one in 65,000.
 */
static inline int is_doubtful(double x) {
  const uint32_t nearness = 1u << (52 - 40);
  const uint32_t middle = 1u << 28;
  return (((uint32_t)bits_of(x) - middle + nearness) & 0x1fffffff) <= 2 * nearness;
}

/** exp(x), rounded to float32 once; where that is in doubt, the host's function decides. */
static inline float float32_exp(float x) {
  if (x > -(LARGEST_EXPONENT - 1) && x < LARGEST_EXPONENT - 1) {
    const double value = near_exp(x);
    if (__builtin_expect(!is_doubtful(value), 1)) return (float)value;
  }
  return (float)host_exp(x);
}

/** Below, tanh(x) rounds to x. */
#define TINY_ARGUMENT 0x1p-13
/** Below, the quotient of exponentials would lose digits; the odd series does not. */
#define SMALL_ARGUMENT 0x1p-5
/** Above, tanh(x) rounds to one. */
#define LARGE_ARGUMENT 20

/** tanh(x), rounded to float32 once; where that is in doubt, the host's function decides. */
static inline float float32_tanh(float x) {
  const double argument = x;
  const double magnitude = argument < 0 ? -argument : argument;
  double value;
  if (magnitude < SMALL_ARGUMENT) {
    if (magnitude < TINY_ARGUMENT) return x;
    const double square = argument * argument;
    value = argument * (1 + square * (-1.0 / 3 + square * (2.0 / 15 + square * (-17.0 / 315))));
  } else if (magnitude < LARGE_ARGUMENT) {
    const double power = near_exp(2 * argument);
    value = (power - 1) / (power + 1);
  } else {
    return (float)host_tanh(argument);
  }
  return __builtin_expect(is_doubtful(value), 0) ? (float)host_tanh(argument) : (float)value;
}

static inline float float32_sigmoid(float x) { return 1.0f / (1.0f + float32_exp(-x)); }

/**
 * One EGRU population, one timestep. sum [4, size]: accumulators z, r, input part and recurrent part of g.
 * Returns the number of events, which it writes to neuron and payload.
 */
KERNEL uint32_t updateFloat32(const float *sum, const float *threshold, float *state, uint32_t size,
                              uint32_t *neuron, float *payload) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < size; i += 1) {
    const float z = float32_sigmoid(sum[i]);
    const float r = float32_sigmoid(sum[size + i]);
    const float reset = r * sum[3 * size + i];
    const float g = float32_tanh(sum[2 * size + i] + reset);
    const float kept = z * state[i];
    const float added = (1.0f - z) * g;
    const float c = kept + added;
    if (c > threshold[i]) {
      neuron[count] = i;
      payload[count] = c;
      count += 1;
      state[i] = c - threshold[i];
    } else {
      state[i] = c;
    }
  }
  return count;
}

/* ---- Neurons, integer (docs/model.md, 2). ---- */

#define GATE_BITS 15
#define GATE_ONE (1 << GATE_BITS)
#define GATE_HALF (1 << (GATE_BITS - 1))
#define TABLE_INTERVALS 512
#define STATE_BITS_BELOW_GATE 8

/** A half table at |x|, interpolated; Q15. `step` is the exponent of the distance of two entries. */
static inline int32_t look_up(const uint16_t *table, uint32_t magnitude, uint32_t step) {
  const uint32_t index = magnitude >> step;
  if (index >= TABLE_INTERVALS) return table[TABLE_INTERVALS];
  const int32_t rest = (int32_t)(magnitude - (index << step));
  const int32_t low = table[index];
  return low + (((table[index + 1] - low) * rest + (1 << (step - 1))) >> step);
}

static inline uint32_t magnitude_of(int32_t x) { return x < 0 ? 0u - (uint32_t)x : (uint32_t)x; }

static inline int32_t table_sigmoid(const uint16_t *table, int32_t x, uint32_t step) {
  const int32_t y = look_up(table, magnitude_of(x), step);
  return x < 0 ? GATE_ONE - y : y;
}

static inline int32_t table_tanh(const uint16_t *table, int32_t x, uint32_t step) {
  const int32_t y = look_up(table, magnitude_of(x), step);
  return x < 0 ? -y : y;
}

/**
 * Neurons first ... end - 1 of a population of `size`, which share their tables; `step` as above, `bits` of an
 * accumulator. Events are written from `count` on. Returns the new count.
 */
KERNEL uint32_t updateInteger(const int32_t *sum, const int32_t *threshold, int32_t *state, uint32_t size,
                              uint32_t *neuron, int32_t *payload, uint32_t count, uint32_t first, uint32_t end,
                              const uint16_t *sigmoid, const uint16_t *tanh_table, uint32_t step, uint32_t bits,
                              Saturations *saturations) {
  const int64_t limit = (int64_t)1 << (bits - 1);
  for (uint32_t i = first; i < end; i += 1) {
    const int64_t z = table_sigmoid(sigmoid, sum[i], step);
    const int64_t r = table_sigmoid(sigmoid, sum[size + i], step);
    int64_t pre = sum[2 * size + i] + ((r * sum[3 * size + i] + GATE_HALF) >> GATE_BITS);
    if (pre >= limit || pre < -limit) {
      saturations->accumulator += 1;
      pre = pre < 0 ? -limit : limit - 1;
    }
    const int64_t g = (int64_t)table_tanh(tanh_table, (int32_t)pre, step) * (1 << STATE_BITS_BELOW_GATE);
    const int64_t c = (z * state[i] + (GATE_ONE - z) * g + GATE_HALF) >> GATE_BITS;
    if (c > threshold[i]) {
      neuron[count] = i;
      payload[count] = (int32_t)c;
      count += 1;
      state[i] = (int32_t)(c - threshold[i]);
    } else {
      state[i] = (int32_t)c;
    }
  }
  return count;
}
