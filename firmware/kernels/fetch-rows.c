/*
 * Rows that lie in DRAM: the row's indices and weights, each widened to whole bursts, come into the row buffer and are worked
 * off there. One row at a time: fetching the next one meanwhile is left out, and no cycle of it is counted.
 */
#include "platform.h"
#include "pe.h"

/** Where a row's indices lie, from the beginning of its block's. */
static Bytes bytes_of_indices(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to) {
  const uint32_t words = block->bitmap_words;
  switch (block->form) {
    case BITMAP: return (Bytes){4 * words * row, 4 * words * (row + 1)};
    case DENSE: return (Bytes){0, 0};
    default: return (Bytes){from * block->index_bits / 8, (to * block->index_bits + 7) / 8};
  }
}

static Bytes bytes_of_weights(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to) {
  const uint32_t size = block->weight_bytes;
  switch (block->form) {
    case BLOCK: return (Bytes){BLOCK_COLUMNS * size * from, BLOCK_COLUMNS * size * to};
    case DENSE: return (Bytes){size * block->columns * row, size * block->columns * (row + 1)};
    default: return (Bytes){size * from, size * to};
  }
}

const void *fetch(uint32_t block_at, Bytes bytes, uint8_t **free) {
  const uint32_t burst = pe.burst_bytes;
  const uint32_t first = (block_at + bytes.first) & ~(burst - 1);
  const uint32_t end = (block_at + bytes.end + burst - 1) & ~(burst - 1);
  uint8_t *const to = *free;
  if (bytes.first == bytes.end) return to;
  dma_start(to, first, end - first);
  *free = to + (end - first);
  return to + (int32_t)(block_at - first);
}

void walk_from_dram(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload) {
  SourceBlock fetched = *block;
  uint8_t *free = pe.row_buffer;
  fetched.indices = fetch(block->dram_indices_at, bytes_of_indices(block, row, from, to), &free);
  fetched.weights = fetch(block->dram_weights_at, bytes_of_weights(block, row, from, to), &free);
  dma_wait();
  block->walk_fetched(&fetched, row, from, to, payload);
}
