/*
 * Hands the events of a timestep to the NoC, then says that this PE is through.
 */
#include "noc.h"
#include "pe.h"

void send_events(void) {
  const Packet *const end = pe.send_end;
  for (const Packet *event = pe.send_buffer; event != end; event += 1) send_packet(event->key, event->payload);
  send_packet(pe.done_key, pe.first_key);
}
