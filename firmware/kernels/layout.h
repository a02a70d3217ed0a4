/*
 * What lies where in a PE's memory: the image of src/core/program.ts, as the core sees it.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

/** From here on addresses lead into the PE's part of the chip's DRAM; SRAM lies below. */
#define DRAM_ADDRESS 0x80000000u

/** Of NUMBER_FORMATS of an image; what neurons, receiving and sending compute in. */
enum { FLOAT32, INTEGER };

/** Kinds of neurons: CHIP_POPULATION_KINDS, in its order. */
enum { EGRU, LSTM, GRU, LIF, LIF_RESET, INTEGRATOR, LINEAR, RELU, SIGMOID, TANH, PARTIAL_SUM, MAX_POOL, KINDS };

/** Positions in BLOCK_FORMS. */
enum { CSR, DELTA_CSR, BITMAP, BLOCK, DENSE, MAC_ARRAY };

#define BLOCK_COLUMNS 4

/** Columns of a product that come from DRAM together: MAC_TILE_COLUMNS. */
#define TILE_COLUMNS 16

/** As many source blocks as fit into what software has for itself beside its stack. */
#define MOST_SOURCE_BLOCKS 12

/** Values of a σ or tanh table. */
#define TABLE_ENTRIES 513

/** One event, in the FIFO and in the send buffer. The payload is a float or an integer; here it is only bits. */
typedef struct {
  uint32_t key;
  uint32_t payload;
} Packet;

/**
 * What the loader says of this PE beside its image, at BOOT_ADDRESS. Names that end in `at` are addresses of sections.
 */
typedef struct {
  uint32_t kind;
  uint32_t format;
  uint32_t neurons;
  /** What the slice's first neuron sends; the others follow. */
  uint32_t first_key;
  /** Sent at the end of each timestep, so that others know that this PE is through. */
  uint32_t done_key;
  uint32_t source_blocks;
  uint32_t population_table_at;
  uint32_t parameters_at;
  uint32_t tables_at;
  uint32_t state_at;
  uint32_t accumulators_at;
  uint32_t packet_fifo_at;
  uint32_t packet_fifo_bytes;
  uint32_t send_buffer_at;
  uint32_t row_buffer_at;
  /** What DRAM moves at once, a power of two. */
  uint32_t burst_bytes;
  /** Bit b: source block b has a multiplier for each of its rows, not one for all. No record says so. */
  uint32_t scaled_by_row;
  /** Words of all neurons; what is written down of a timestep. */
  uint32_t state_words;
  uint32_t accumulator_words;
  /** Bits of the MAC array's own accumulators; its stand-in asks. */
  uint32_t array_bits;
  uint32_t mac_tiles_at;
  /** Of each source block's product; 0 where it has none. No record says so. */
  uint32_t mac_buffers_at[MOST_SOURCE_BLOCKS];
} Boot;

/** One record of the population table. */
typedef struct {
  uint32_t key;
  uint32_t mask;
  uint32_t rows;
  uint32_t pointers_at;
  uint32_t indices_at;
  uint32_t weights_at;
  uint32_t scales_at;
  uint8_t pointer_bytes;
  uint8_t index_bits;
  uint8_t scale_shift;
  uint8_t delay;
  uint8_t form;
  uint8_t weight_bytes;
  uint16_t gates;
} PopulationRecord;

_Static_assert(sizeof(Packet) == 8, "a packet has 8 bytes");
_Static_assert(sizeof(PopulationRecord) == 36, "a record of the population table has 36 bytes");

#endif
