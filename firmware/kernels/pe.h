/*
 * What the kernels of one PE share.
 */
#ifndef PE_H
#define PE_H

#include "layout.h"

typedef struct SourceBlock SourceBlock;

/**
 * Adds one row that is not empty to the accumulators. `from` and `to` are what its row pointers say; the payload's bits
 * travel in a floating-point register, the only one that is left.
 */
typedef void Walk(const SourceBlock *block, uint32_t row, uint32_t from, uint32_t to, float payload);

/** Neighbouring accumulators that neighbouring columns stand for. */
typedef struct {
  /** Where column 0 would be if the run began there: column c of the run is accumulator[c]. */
  uint32_t *accumulator;
  /** Columns of this run and of those before it. */
  uint32_t end;
} Run;

/** A gates mask of four accumulators has no more. */
#define MOST_RUNS 2

/** Words of a bitmap whose bits in `mask` belong to one run. */
typedef struct {
  uint32_t words;
  uint32_t mask;
  /** Of the first word's first column. */
  uint32_t *accumulator;
  /** 1: the rest of its last word belongs to the next span. */
  uint32_t shares_word;
} Span;

/** A run's whole words, the two halves of a word that two runs share, the other run's whole words. */
#define MOST_SPANS 4

/** What a product on the MAC array gathers in a timestep. */
typedef struct {
  /** Events that came, and the row of each. */
  int32_t *payloads;
  uint16_t *rows;
  uint32_t count;
  /** The magnitudes of all of them, joined bit by bit. */
  uint32_t magnitudes;
  /** Of each row, 0 between timesteps. */
  int8_t *inputs;
  uint32_t row_count;
  /** Of each column. */
  int32_t *sums;
} Product;

/** A record of the population table, made ready for use. */
struct SourceBlock {
  uint32_t key;
  uint32_t mask;
  /** The next block with the same keys: another part of a divided projection. Mostly none. */
  SourceBlock *same_keys;
  /** Bytes of a row pointer; 0 where the form has none. */
  uint32_t pointer_bytes;
  const void *pointers;
  Walk *walk;
  const void *indices;
  const void *weights;
  uint32_t *accumulators;
  /** Multiplier of row r: multipliers[r & row_mask]. */
  const uint32_t *multipliers;
  uint32_t row_mask;
  uint32_t scale_shift;
  /** Where the product's upper word is the scaled payload: by how much its factors are moved up for that. */
  uint32_t payload_shift;
  uint32_t multiplier_shift;
  uint32_t columns;
  uint32_t bitmap_words;
  Run runs[MOST_RUNS];
  uint32_t run_count;
  Span spans[MOST_SPANS];
  uint32_t span_count;
  /** Rows in DRAM: how the row is worked off once it has come, and where its block's numbers lie there. */
  Walk *walk_fetched;
  uint32_t dram_indices_at;
  uint32_t dram_weights_at;
  /** Null where there are rows. */
  Product *product;
  uint8_t form;
  uint8_t index_bits;
  uint8_t weight_bytes;
};

/** What all of a timestep needs, made ready by `boot`. */
typedef struct {
  uint32_t neurons;
  uint32_t first_key;
  uint32_t done_key;
  /** What accumulators start from, then what else the kind has; state; accumulators: as the image has them. */
  const void *parameters;
  void *state;
  void *accumulators;
  const uint16_t *sigmoid;
  const uint16_t *tanh;
  Packet *send_buffer;
  /** After the last event of this timestep. */
  Packet *send_end;
  void (*update)(void);
  /** The same without the products before it. */
  void (*update_neurons)(void);
  void *row_buffer;
  uint32_t burst_bytes;
  uint32_t source_block_count;
  SourceBlock source_blocks[MOST_SOURCE_BLOCKS];
  Product products[MOST_SOURCE_BLOCKS];
  void *mac_tiles;
} Pe;

extern Pe pe;

/** Received packets; the NoC's DMA moves `write`, the core `read`. One place stays empty. */
typedef struct {
  Packet *begin;
  Packet *end;
  const Packet *volatile read;
  Packet *volatile write;
} PacketFifo;

extern PacketFifo packet_fifo;

/** Raised by the interrupt that begins a timestep's neurons; lowered when they are updated. */
extern volatile uint32_t step_is_due;

/** Why a PE does not start. */
typedef enum {
  READY,
  UNKNOWN_KIND,
  UNKNOWN_FORMAT,
  UNKNOWN_ROWS,
  TOO_MANY_SOURCE_BLOCKS,
  OVERLAPPING_KEYS,
} BootStatus;

BootStatus boot(const Boot *from);
void receive_packets(void);
void send_events(void);
void run(void) __attribute__((noreturn));

/** One kernel a kind of neuron and number format. */
void update_egru_float32(void);
void update_egru_integer(void);
void update_lstm_float32(void);
void update_lstm_integer(void);
void update_gru_float32(void);
void update_gru_integer(void);
void update_lif_float32(void);
void update_lif_integer(void);
void update_lif_reset_float32(void);
void update_lif_reset_integer(void);
void update_integrator_float32(void);
void update_integrator_integer(void);
void update_linear_float32(void);
void update_linear_integer(void);
void update_relu_float32(void);
void update_relu_integer(void);
void update_sigmoid_float32(void);
void update_sigmoid_integer(void);
void update_tanh_float32(void);
void update_tanh_integer(void);
void update_max_pool_float32(void);
void update_max_pool_integer(void);

/** The kernel for rows of one form, index size and weight format; null where there is none. */
Walk *walk_of_float32(uint32_t form, uint32_t index_bits);
Walk *walk_of_int16(uint32_t form, uint32_t index_bits);
Walk *walk_of_int8(uint32_t form, uint32_t index_bits);
/** For multipliers with shifts that are out of the others' reach. */
Walk *walk_of_any_int16(uint32_t form, uint32_t index_bits);
Walk *walk_of_any_int8(uint32_t form, uint32_t index_bits);
/** For rows of max pooling. */
Walk *maxima_of_float32(uint32_t form, uint32_t index_bits);
Walk *maxima_of_int16(uint32_t form, uint32_t index_bits);
Walk *maxima_of_int8(uint32_t form, uint32_t index_bits);
Walk walk_from_dram;

/** Bytes of a source block in DRAM, from the first of its indices or weights. */
typedef struct {
  uint32_t first;
  uint32_t end;
} Bytes;

/** Starts a transfer; returns where the block's first byte would lie if all of it had come. */
const void *fetch(uint32_t block_at, Bytes bytes, uint8_t **free);

/** In place of a row, an event for the MAC array; and the products before the update. */
Walk note_operand;
void update_after_products(void);

/** A word of memory, whatever it means elsewhere. */
typedef uint32_t __attribute__((may_alias)) Word;

/** Sets all accumulators to what they start a timestep from. */
static inline void reset_accumulators(Word *accumulator, const Word *start, uint32_t count) {
  for (; count >= 4; count -= 4) {
    const uint32_t a = start[0], b = start[1], c = start[2], d = start[3];
    accumulator[0] = a;
    accumulator[1] = b;
    accumulator[2] = c;
    accumulator[3] = d;
    start += 4;
    accumulator += 4;
  }
  for (; count > 0; count -= 1) *accumulator++ = *start++;
}

/** Puts the event of one neuron into the send buffer; returns the place after it. */
static inline Packet *put_event(Packet *place, uint32_t key, uint32_t payload) {
  place->key = key;
  place->payload = payload;
  return place + 1;
}

static inline uint32_t bits_of(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

#endif
