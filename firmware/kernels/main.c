/*
 * The life of a PE: asleep until packets or a timestep have come, then working off packets as they are there, updating the
 * neurons when they are due, and sending what they sent.
 */
#include "platform.h"
#include "pe.h"

volatile uint32_t step_is_due;

/** Packets have come, or a timestep is due, or both; the loop below looks what there is. */
void work_arrived(void) {
  *INTERRUPT_ACKNOWLEDGE = 1;
  if (!step_signal) return;
  step_signal = 0;
  step_is_due = 1;
}

/** Interrupts are held back between looking and sleeping; a pending one still wakes the core. */
static void wait_for_work(void) {
  __asm__ volatile("cpsid i" ::: "memory");
  while (packet_fifo.read == packet_fifo.write && !step_is_due) {
    core_falls_asleep();
    __asm__ volatile("wfi\n\tcpsie i\n\tisb\n\tcpsid i" ::: "memory");
  }
  __asm__ volatile("cpsie i" ::: "memory");
}

void run(void) {
  for (;;) {
    wait_for_work();
    receive_packets();
    if (!step_is_due) continue;
    step_is_due = 0;
    pe.update();
    send_events();
  }
}
