/*
 * The PE's way into the NoC. Register addresses and their order are assumptions: a status to be asked, a key, and a payload
 * whose writing sends the packet.
 */
#ifndef NOC_H
#define NOC_H

#include <stdint.h>

typedef struct {
  /** 0: takes a packet. */
  uint32_t is_busy;
  uint32_t key;
  uint32_t payload;
} NocPort;

#define NOC_PORT ((volatile NocPort *)0x40010000)

static inline void send_packet(uint32_t key, uint32_t payload) {
  while (NOC_PORT->is_busy) {
  }
  NOC_PORT->key = key;
  NOC_PORT->payload = payload;
}

#endif
