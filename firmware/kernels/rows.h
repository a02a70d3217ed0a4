/*
 * The kernels for rows of all five forms, for one weight format. Whoever includes this says
 *
 *   WALK_OF                     name of the function that finds a kernel
 *   Weight, Sum, Factor         types of a weight, an accumulator and what a row's payload has become
 *   FACTOR(block, row, payload) that, made once a row
 *   ADD(sum, factor, weight)    the accumulator after a synop
 *   ADD4(sums, factor, weights) four neighbouring synops; both pointers move on
 *
 * Targets of a row ascend strictly, so that several accumulators may be read before the first of them is written.
 */

static inline uint32_t reversed(uint32_t word) {
  uint32_t result;
  __asm__("rbit %0, %1" : "=r"(result) : "r"(word));
  return result;
}

/* ---- csr: an accumulator and a weight a slot. ---- */

#define CSR_ROW(NAME, Index)                                                                                       \
  static void NAME(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {            \
    (void)row;                                                                                                     \
    const Factor factor = FACTOR(block, row, payload);                                                             \
    const Index *restrict index = (const Index *)block->indices + from;                                            \
    const Index *const end = index + (to - from);                                                                  \
    const Weight *restrict weight = (const Weight *)block->weights + from;                                         \
    Sum *const sum = (Sum *)block->accumulators;                                                                   \
    if ((to - from) & 1) {                                                                                         \
      const uint32_t only = *index++;                                                                              \
      sum[only] = ADD(sum[only], factor, *weight);                                                                 \
      weight += 1;                                                                                                 \
    }                                                                                                              \
    while (index != end) {                                                                                         \
      const uint32_t first = index[0], second = index[1];                                                          \
      const Sum at_first = sum[first], at_second = sum[second];                                                    \
      const Weight to_first = weight[0], to_second = weight[1];                                                    \
      sum[first] = ADD(at_first, factor, to_first);                                                                \
      sum[second] = ADD(at_second, factor, to_second);                                                             \
      index += 2;                                                                                                  \
      weight += 2;                                                                                                 \
    }                                                                                                              \
  }

CSR_ROW(walk_csr_8, uint8_t)
CSR_ROW(walk_csr_16, uint16_t)

/* ---- delta-csr: accumulators passed over, and a weight, a slot. A bridge's weight of zero adds nothing. ---- */

#define STEP_OVER(GAP)                                                                                             \
  sum += (GAP);                                                                                                    \
  *sum = ADD(*sum, factor, *weight);                                                                               \
  weight += 1;                                                                                                     \
  sum += 1;

static void walk_delta_8(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)row;
  const Factor factor = FACTOR(block, row, payload);
  const uint8_t *restrict gap = (const uint8_t *)block->indices + from;
  const uint8_t *const end = gap + (to - from);
  const Weight *restrict weight = (const Weight *)block->weights + from;
  Sum *sum = (Sum *)block->accumulators;
  if ((to - from) & 1) { STEP_OVER(*gap++) }
  while (gap != end) {
    STEP_OVER(gap[0])
    STEP_OVER(gap[1])
    gap += 2;
  }
}

/** Two gaps a byte, the even slot's in its low half. */
static void walk_delta_4(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)row;
  const Factor factor = FACTOR(block, row, payload);
  const uint8_t *restrict gaps = (const uint8_t *)block->indices + from / 2;
  const uint8_t *const end = (const uint8_t *)block->indices + to / 2;
  const Weight *restrict weight = (const Weight *)block->weights + from;
  Sum *sum = (Sum *)block->accumulators;
  if (from & 1) { STEP_OVER(*gaps++ >> 4) }
  while (gaps != end) {
    const uint32_t both = *gaps++;
    STEP_OVER(both & 15)
    STEP_OVER(both >> 4)
  }
  if (to & 1) { STEP_OVER(*gaps & 15) }
}

/* ---- bitmap: a bit a column, and a weight for each that is set. ---- */

static void walk_bitmap(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)to;
  const Factor factor = FACTOR(block, row, payload);
  const uint32_t *word = (const uint32_t *)block->indices + row * block->bitmap_words;
  const Weight *restrict weight = (const Weight *)block->weights + from;
  const Span *const spans_end = block->spans + block->span_count;
  for (const Span *span = block->spans; span != spans_end; span += 1) {
    Sum *sum = (Sum *)span->accumulator;
    const uint32_t mask = span->mask;
    const uint32_t *const end = word + span->words;
    do {
      /* Reversed, so that counting leading zeros finds the lowest column first. */
      uint32_t bits = reversed(*word & mask);
      while (bits != 0) {
        const uint32_t column = (uint32_t)__builtin_clz(bits);
        bits &= ~(0x80000000u >> column);
        sum[column] = ADD(sum[column], factor, *weight);
        weight += 1;
      }
      sum += 32;
      word += 1;
    } while (word != end);
    /* The other half of a shared word belongs to the next span. */
    word -= span->shares_word;
  }
}

/* ---- block: the number of four columns, and their weights. ---- */

/** A block that reaches over the end of a run: each column for itself. */
static void add_shared_block(const SourceBlock *block, uint32_t column, Factor factor, const Weight *weight) {
  const Run *run = block->runs;
  for (uint32_t i = 0; i < BLOCK_COLUMNS && column < block->columns; i += 1, column += 1) {
    while (column >= run->end) run += 1;
    Sum *sum = (Sum *)run->accumulator + column;
    *sum = ADD(*sum, factor, weight[i]);
  }
}

#define BLOCK_ROW(NAME, Index)                                                                                     \
  static void NAME(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {            \
    (void)row;                                                                                                     \
    const Factor factor = FACTOR(block, row, payload);                                                             \
    const Index *restrict number = (const Index *)block->indices + from;                                           \
    const Index *const end = number + (to - from);                                                                 \
    const Weight *restrict weight = (const Weight *)block->weights + BLOCK_COLUMNS * from;                         \
    for (const Run *run = block->runs;; run += 1) {                                                                \
      Sum *const first = (Sum *)run->accumulator;                                                                  \
      const uint32_t whole = run->end / BLOCK_COLUMNS;                                                             \
      uint32_t here = *number;                                                                                     \
      while (here < whole) {                                                                                       \
        Sum *sum = first + BLOCK_COLUMNS * here;                                                                   \
        ADD4(sum, factor, weight);                                                                                 \
        number += 1;                                                                                               \
        if (number == end) return;                                                                                 \
        here = *number;                                                                                            \
      }                                                                                                            \
      if (here == whole && run->end % BLOCK_COLUMNS != 0) {                                                        \
        add_shared_block(block, BLOCK_COLUMNS * here, factor, weight);                                             \
        number += 1;                                                                                               \
        weight += BLOCK_COLUMNS;                                                                                   \
        if (number == end) return;                                                                                 \
      }                                                                                                            \
    }                                                                                                              \
  }

BLOCK_ROW(walk_block_8, uint8_t)
BLOCK_ROW(walk_block_16, uint16_t)

/* ---- dense: a weight a column. ---- */

static void walk_dense(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  (void)from;
  (void)to;
  const Factor factor = FACTOR(block, row, payload);
  const Weight *restrict weight = (const Weight *)block->weights + row * block->columns;
  const Run *const runs_end = block->runs + block->run_count;
  uint32_t column = 0;
  for (const Run *run = block->runs; run != runs_end; run += 1) {
    Sum *sum = (Sum *)run->accumulator + column;
    uint32_t columns = run->end - column;
    for (; columns >= 4; columns -= 4) { ADD4(sum, factor, weight); }
    for (; columns > 0; columns -= 1) {
      *sum = ADD(*sum, factor, *weight);
      sum += 1;
      weight += 1;
    }
    column = run->end;
  }
}

Walk *WALK_OF(uint32_t form, uint32_t index_bits) {
  switch (form) {
    case CSR: return index_bits == 16 ? walk_csr_16 : walk_csr_8;
    case DELTA_CSR: return index_bits == 8 ? walk_delta_8 : walk_delta_4;
    case BITMAP: return walk_bitmap;
    case BLOCK: return index_bits == 16 ? walk_block_16 : walk_block_8;
    case DENSE: return walk_dense;
    default: return 0;
  }
}
