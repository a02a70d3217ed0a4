/*
 * Works off received packets: finds the source block that a key belongs to, and of that the source's row. Events of one
 * source population mostly come together, so the block of the packet before is tried first.
 */
#include "pe.h"

static inline const Packet *after(const Packet *packet) {
  return packet + 1 == packet_fifo.end ? packet_fifo.begin : packet + 1;
}

static inline int has_key(const SourceBlock *block, uint32_t key) { return (key & block->mask) == block->key; }

/** The first block with this key; null where there is none, as routers with merged entries may send what nobody wants. */
static __attribute__((noinline)) const SourceBlock *find_block(uint32_t key) {
  const SourceBlock *const end = pe.source_blocks + pe.source_block_count;
  for (const SourceBlock *block = pe.source_blocks; block != end; block += 1)
    if (has_key(block, key)) return block;
  return 0;
}

/** Looks a source's row up and works it off if it is not empty. */
static inline void meet_row(const SourceBlock *block, uint32_t key, float payload) {
  const uint32_t row = key - block->key;
  uint32_t from = 0;
  uint32_t to = 1;
  if (__builtin_expect(block->pointer_bytes == 2, 1)) {
    const uint16_t *bounds = (const uint16_t *)block->pointers + row;
    from = bounds[0];
    to = bounds[1];
  } else if (block->pointer_bytes == 4) {
    const uint32_t *bounds = (const uint32_t *)block->pointers + row;
    from = bounds[0];
    to = bounds[1];
  }
  if (from != to) block->walk(block, row, from, to, payload);
}

void receive_packets(void) {
  const Packet *packet = packet_fifo.read;
  const SourceBlock *likely = pe.source_blocks;
  while (packet != packet_fifo.write) {
    const uint32_t key = packet->key;
    float payload;
    __builtin_memcpy(&payload, &packet->payload, sizeof payload);
    if (__builtin_expect(!has_key(likely, key), 0)) {
      const SourceBlock *const found = find_block(key);
      if (found == 0) goto next;
      likely = found;
    }
    const SourceBlock *block = likely;
    do {
      meet_row(block, key, payload);
      block = block->same_keys;
    } while (block != 0);
  next:
    packet = after(packet);
    packet_fifo.read = packet;
  }
}
