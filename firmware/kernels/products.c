/*
 * Products on the MAC array (docs/model.md, 2): an event is noted as it comes; when all have come, payloads are brought to int8 by
 * a common shift, the array multiplies, and each column's sum is scaled and added to its accumulator.
 */
#include <arm_acle.h>
#include "platform.h"
#include "scale-payload.h"
#include "sums.h"

/** Inputs of the array, and weights, are in -127 ... 127. */
#define INPUT_BITS 7
/** A product of int8 numbers stands in the accumulators' format after a shift by so much more than the scale's. */
#define PRODUCT_SHIFT 8

void note_operand(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)from;
  (void)to;
  Product *const product = block->product;
  int32_t value;
  __asm__("vmov %0, %1" : "=r"(value) : "t"(payload));
  const uint32_t count = product->count;
  product->payloads[count] = value;
  product->rows[count] = (uint16_t)row;
  product->count = count + 1;
  product->magnitudes |= (uint32_t)(value < 0 ? -value : value);
}

/** The smallest shift by which the largest payload has no more than INPUT_BITS. */
static inline uint32_t common_shift(uint32_t magnitudes) {
  const uint32_t bits = 32 - (uint32_t)__builtin_clz(magnitudes | 1);
  return bits > INPUT_BITS ? bits - INPUT_BITS : 0;
}

/** Both ends of the range are as far from 0. */
static inline int8_t input_of(int32_t payload, int32_t half, uint32_t shift) {
  const int32_t input = __ssat((payload + half) >> shift, INPUT_BITS + 1);
  return input == -128 ? -127 : (int8_t)input;
}

static void set_inputs(const Product *product, uint32_t shift) {
  const int32_t half = shift == 0 ? 0 : 1 << (shift - 1);
  const int32_t *payload = product->payloads;
  const uint16_t *row = product->rows;
  int8_t *const inputs = product->inputs;
  uint32_t count = product->count;
  for (; count >= 4; count -= 4, payload += 4, row += 4) {
    inputs[row[0]] = input_of(payload[0], half, shift);
    inputs[row[1]] = input_of(payload[1], half, shift);
    inputs[row[2]] = input_of(payload[2], half, shift);
    inputs[row[3]] = input_of(payload[3], half, shift);
  }
  for (; count > 0; count -= 1) inputs[*row++] = input_of(*payload++, half, shift);
}

static void clear_inputs(Product *product) {
  const uint16_t *row = product->rows;
  int8_t *const inputs = product->inputs;
  uint32_t count = product->count;
  for (; count >= 4; count -= 4, row += 4) {
    inputs[row[0]] = 0;
    inputs[row[1]] = 0;
    inputs[row[2]] = 0;
    inputs[row[3]] = 0;
  }
  for (; count > 0; count -= 1) inputs[*row++] = 0;
  product->count = 0;
  product->magnitudes = 0;
}

/** Columns whose weights lie in DRAM come as tiles, each widened to whole bursts. */
static void multiply_from_dram(const SourceBlock *block, const Product *product) {
  const uint32_t rows = product->row_count;
  for (uint32_t column = 0; column < block->columns; column += TILE_COLUMNS) {
    const uint32_t left = block->columns - column;
    const uint32_t columns = left < TILE_COLUMNS ? left : TILE_COLUMNS;
    uint8_t *free = pe.mac_tiles;
    const Bytes tile = {rows * column, rows * (column + columns)};
    const int8_t *const weights = fetch(block->dram_weights_at, tile, &free);
    dma_wait();
    multiply_on_array(product->inputs, rows, weights + tile.first, columns, product->sums + column);
  }
}

/**
 * For shifts k of 17 to 32: a sum of 24 bits and the multiplier, below 2^24, are moved up by 32 - k bits together, so that the
 * upper word of their product is the result.
 */
static void add_sums(int32_t *restrict accumulator, const int32_t *restrict sum, uint32_t count, uint32_t raised,
                     int32_t multiplier) {
  for (; count >= 4; count -= 4) {
    const int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    accumulator[0] = __qadd(accumulator[0], smmulr(a << raised, multiplier));
    accumulator[1] = __qadd(accumulator[1], smmulr(b << raised, multiplier));
    accumulator[2] = __qadd(accumulator[2], smmulr(c << raised, multiplier));
    accumulator[3] = __qadd(accumulator[3], smmulr(d << raised, multiplier));
    sum += 4;
    accumulator += 4;
  }
  for (; count > 0; count -= 1, sum += 1, accumulator += 1)
    *accumulator = __qadd(*accumulator, smmulr(*sum << raised, multiplier));
}

/** For any shift, also one to the left. */
static void add_sums_slowly(int32_t *accumulator, const int32_t *sum, uint32_t count, int32_t shift, int32_t multiplier) {
  const int64_t half = shift <= 0 ? 0 : (int64_t)1 << (shift - 1);
  for (; count > 0; count -= 1, sum += 1, accumulator += 1) {
    const int64_t product = (int64_t)*sum * multiplier;
    const int64_t scaled = shift < 0 ? product * ((int64_t)1 << -shift) : (product + half) >> shift;
    *accumulator = saturated(*accumulator + scaled);
  }
}

#define MOST_RAISED_SUM 8
#define MOST_RAISED_MULTIPLIER 7

static void add_columns(const SourceBlock *block, const Product *product, int32_t shift) {
  const int32_t multiplier = (int32_t)block->multipliers[0];
  const int32_t raised = 32 - shift;
  const int32_t of_sum = raised < MOST_RAISED_SUM ? raised : MOST_RAISED_SUM;
  const int is_short = raised >= 0 && raised <= MOST_RAISED_SUM + MOST_RAISED_MULTIPLIER;
  uint32_t column = 0;
  for (const Run *run = block->runs; run != block->runs + block->run_count; run += 1) {
    int32_t *const accumulator = (int32_t *)run->accumulator + column;
    const int32_t *const sum = product->sums + column;
    const uint32_t count = run->end - column;
    if (is_short) add_sums(accumulator, sum, count, (uint32_t)of_sum, multiplier << (raised - of_sum));
    else add_sums_slowly(accumulator, sum, count, shift, multiplier);
    column = run->end;
  }
}

/** Without an event every sum is 0. */
static void multiply(const SourceBlock *block, Product *product) {
  if (product->count == 0) return;
  const uint32_t shift = common_shift(product->magnitudes);
  set_inputs(product, shift);
  if (block->weights == 0) multiply_from_dram(block, product);
  else multiply_on_array(product->inputs, product->row_count, block->weights, block->columns, product->sums);
  add_columns(block, product, (int32_t)(block->scale_shift + PRODUCT_SHIFT - shift));
  clear_inputs(product);
}

void update_after_products(void) {
  for (uint32_t i = 0; i < pe.source_block_count; i += 1) {
    const SourceBlock *const block = &pe.source_blocks[i];
    if (block->product != 0) multiply(block, block->product);
  }
  pe.update_neurons();
}
