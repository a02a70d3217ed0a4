/*
 * Makes a PE's image ready: finds its sections, turns records of the population table into what the kernels want to
 * know, sets the accumulators to their start. Done once, so clarity goes before speed.
 */
#include "pe.h"

Pe pe;
PacketFifo packet_fifo;

/** By kind of neuron: its accumulators, and its update in float32 and in integers. */
static const struct {
  uint32_t accumulators;
  void (*update[2])(void);
} kinds[KINDS] = {
    [EGRU] = {4, {update_egru_float32, update_egru_integer}},
    [LSTM] = {4, {update_lstm_float32, update_lstm_integer}},
    [GRU] = {4, {update_gru_float32, update_gru_integer}},
    [LIF] = {1, {update_lif_float32, update_lif_integer}},
    [LIF_RESET] = {1, {update_lif_reset_float32, update_lif_reset_integer}},
    [INTEGRATOR] = {1, {update_integrator_float32, update_integrator_integer}},
    [LINEAR] = {1, {update_linear_float32, update_linear_integer}},
    [RELU] = {1, {update_relu_float32, update_relu_integer}},
    [SIGMOID] = {1, {update_sigmoid_float32, update_sigmoid_integer}},
    [TANH] = {1, {update_tanh_float32, update_tanh_integer}},
    [PARTIAL_SUM] = {1, {update_linear_float32, update_linear_integer}},
    [MAX_POOL] = {2, {update_max_pool_float32, update_max_pool_integer}},
};

static Walk *walk_of(const PopulationRecord *record) {
  const uint32_t form = record->form;
  const uint32_t bits = record->index_bits;
  const uint32_t shift = record->scale_shift;
  switch (record->weight_bytes) {
    case 4: return walk_of_float32(form, bits);
    case 2: return shift >= 18 && shift <= 32 ? walk_of_int16(form, bits) : walk_of_any_int16(form, bits);
    case 1: return shift >= 23 && shift <= 32 ? walk_of_int8(form, bits) : walk_of_any_int8(form, bits);
    default: return 0;
  }
}

static Walk *maxima_of(const PopulationRecord *record) {
  switch (record->weight_bytes) {
    case 4: return maxima_of_float32(record->form, record->index_bits);
    case 2: return maxima_of_int16(record->form, record->index_bits);
    case 1: return maxima_of_int8(record->form, record->index_bits);
    default: return 0;
  }
}

/** Divides a shift of 18 to 32 between payload, which has room for 7 bits more, and multiplier. */
static void divide_shift(SourceBlock *block) {
  const uint32_t raised = 32 - block->scale_shift;
  block->payload_shift = raised < 7 ? raised : 7;
  block->multiplier_shift = raised - block->payload_shift;
}

/** An event finds the first block of its keys by search, and those that share them all by these links. */
static BootStatus link_blocks(SourceBlock *blocks, uint32_t count) {
  for (uint32_t i = 0; i < count; i += 1) {
    blocks[i].same_keys = 0;
    for (uint32_t j = count - 1; j > i; j -= 1) {
      const uint32_t mask = blocks[i].mask & blocks[j].mask;
      if ((blocks[i].key ^ blocks[j].key) & mask) continue;
      if (blocks[i].mask != blocks[j].mask) return OVERLAPPING_KEYS;
      blocks[i].same_keys = &blocks[j];
    }
  }
  return READY;
}

/** Columns are the accumulators of `gates`, n each; accumulators that are neighbours make a run. */
static int find_runs(SourceBlock *block, uint32_t gates, uint32_t neurons) {
  uint32_t columns = 0;
  uint32_t runs = 0;
  for (uint32_t gate = 0; gate < 16; gate += 1) {
    if (!((gates >> gate) & 1)) continue;
    if (gate == 0 || !((gates >> (gate - 1)) & 1)) {
      if (runs == MOST_RUNS) return 0;
      block->runs[runs++].accumulator = block->accumulators + gate * neurons - columns;
    }
    columns += neurons;
    block->runs[runs - 1].end = columns;
  }
  block->run_count = runs;
  block->columns = columns;
  block->bitmap_words = (columns + 31) / 32;
  return 1;
}

/** Words from `word` on; none where there are none. */
static void add_span(SourceBlock *block, Span span, uint32_t word) {
  if (span.words == 0) return;
  span.accumulator += 32 * word;
  block->spans[block->span_count++] = span;
}

static void find_spans(SourceBlock *block) {
  const Run *runs = block->runs;
  const uint32_t words = block->bitmap_words;
  block->span_count = 0;
  if (block->run_count < 2) {
    add_span(block, (Span){words, ~0u, runs[0].accumulator, 0}, 0);
    return;
  }
  const uint32_t whole = runs[0].end / 32;
  const uint32_t shared = runs[0].end % 32;
  const uint32_t next = whole + (shared > 0);
  add_span(block, (Span){whole, ~0u, runs[0].accumulator, 0}, 0);
  if (shared > 0) {
    add_span(block, (Span){1, (1u << shared) - 1, runs[0].accumulator, 1}, whole);
    add_span(block, (Span){1, ~0u << shared, runs[1].accumulator, 0}, whole);
  }
  add_span(block, (Span){words - next, ~0u, runs[1].accumulator, 0}, next);
}

static const void *pointer_to(uint32_t address) { return (const void *)(uintptr_t)address; }

/** The buffer holds inputs, payloads and rows of events, those of recurrent ones twice, and sums; each begins with a word. */
static void make_product(SourceBlock *block, const PopulationRecord *record, uint32_t buffer_at) {
  Product *const product = &pe.products[block - pe.source_blocks];
  const uint32_t rows = record->rows;
  const uint32_t payloads_at = buffer_at + ((rows + 3) & ~3u);
  const uint32_t events = (1u + record->delay) * rows;
  const uint32_t rows_at = payloads_at + 4 * events;
  product->payloads = (void *)pointer_to(payloads_at);
  product->rows = (void *)pointer_to(rows_at);
  product->inputs = (void *)pointer_to(buffer_at);
  product->row_count = rows;
  product->sums = (void *)pointer_to(rows_at + (1u + record->delay) * 4 * ((rows + 1) / 2));
  product->count = 0;
  product->magnitudes = 0;
  block->product = product;
  block->walk = note_operand;
}

static BootStatus make_ready(SourceBlock *block, const PopulationRecord *record, uint32_t kind,
                             uint32_t mac_buffer_at) {
  block->key = record->key;
  block->mask = record->mask;
  block->pointer_bytes = record->form == DENSE || record->form == MAC_ARRAY ? 0 : record->pointer_bytes;
  block->pointers = pointer_to(record->pointers_at);
  block->accumulators = pe.accumulators;
  block->multipliers = pointer_to(record->scales_at);
  block->scale_shift = record->scale_shift;
  divide_shift(block);
  block->form = record->form;
  block->index_bits = record->index_bits;
  block->weight_bytes = record->weight_bytes;
  block->product = 0;
  block->walk = kind == MAX_POOL ? maxima_of(record) : walk_of(record);
  if (record->form == MAC_ARRAY && mac_buffer_at != 0) make_product(block, record, mac_buffer_at);
  if (block->walk == 0 || !find_runs(block, record->gates, pe.neurons)) return UNKNOWN_ROWS;
  find_spans(block);
  if (record->weights_at < DRAM_ADDRESS) {
    block->indices = pointer_to(record->indices_at);
    block->weights = pointer_to(record->weights_at);
  } else {
    block->weights = 0;
    block->walk_fetched = block->walk;
    if (block->product == 0) block->walk = walk_from_dram;
    block->dram_indices_at = record->indices_at;
    block->dram_weights_at = record->weights_at;
  }
  return READY;
}

BootStatus boot(const Boot *from) {
  if (from->kind >= KINDS) return UNKNOWN_KIND;
  if (from->format > INTEGER) return UNKNOWN_FORMAT;
  if (from->source_blocks > MOST_SOURCE_BLOCKS) return TOO_MANY_SOURCE_BLOCKS;
  pe.neurons = from->neurons;
  pe.first_key = from->first_key;
  pe.done_key = from->done_key;
  pe.parameters = pointer_to(from->parameters_at);
  pe.state = (void *)pointer_to(from->state_at);
  pe.accumulators = (void *)pointer_to(from->accumulators_at);
  pe.sigmoid = pointer_to(from->tables_at);
  pe.tanh = pe.sigmoid + TABLE_ENTRIES;
  pe.send_buffer = pe.send_end = (Packet *)pointer_to(from->send_buffer_at);
  pe.update = kinds[from->kind].update[from->format];
  pe.update_neurons = pe.update;
  pe.mac_tiles = (void *)pointer_to(from->mac_tiles_at);
  pe.row_buffer = (void *)pointer_to(from->row_buffer_at);
  pe.burst_bytes = from->burst_bytes;
  pe.source_block_count = from->source_blocks;
  const PopulationRecord *records = pointer_to(from->population_table_at);
  for (uint32_t i = 0; i < from->source_blocks; i += 1) {
    const uint32_t mac_buffer_at = from->mac_buffers_at[i];
    const BootStatus status = make_ready(&pe.source_blocks[i], &records[i], from->kind, mac_buffer_at);
    if (status != READY) return status;
    pe.source_blocks[i].row_mask = (from->scaled_by_row >> i) & 1 ? ~0u : 0;
    if (pe.source_blocks[i].product != 0) pe.update = update_after_products;
  }
  packet_fifo.begin = (Packet *)pointer_to(from->packet_fifo_at);
  packet_fifo.end = packet_fifo.begin + from->packet_fifo_bytes / sizeof(Packet);
  packet_fifo.read = packet_fifo.write = packet_fifo.begin;
  reset_accumulators(pe.accumulators, pe.parameters, kinds[from->kind].accumulators * from->neurons);
  return link_blocks(pe.source_blocks, from->source_blocks);
}
