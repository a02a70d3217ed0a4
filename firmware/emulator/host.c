/*
 * The world around one PE, in qemu's mps2-an386: hands it its image and its packets, lets timesteps begin, and writes down what
 * its memory holds. None of this runs on a chip, and no cycle of it is counted.
 */
#include <math.h>
#include <stddef.h>
#include "../kernels/pe.h"
#include "../kernels/platform.h"

/** Where the loader puts its files; memory-map.ts says the same. */
#define BOOT ((const Boot *)0x00007f00)
#define DRAM_IMAGE 0x21000000u
#define SCRIPT ((const uint32_t *)0x21800000)

volatile uint32_t step_signal;

/* ---- Files and the end, by semihosting. ---- */

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT_EXTENDED = 0x20, WRITE_BINARY = 5 };

static int semihosting(int operation, const void *arguments) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = arguments;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static int dump_file;

static void open_dump(void) {
  static const char name[] = "dump.bin";
  const uintptr_t arguments[] = {(uintptr_t)name, WRITE_BINARY, sizeof name - 1};
  dump_file = semihosting(SYS_OPEN, arguments);
}

static void dump(const void *bytes, size_t count) {
  const uintptr_t arguments[] = {(uintptr_t)dump_file, (uintptr_t)bytes, count};
  if (count > 0) semihosting(SYS_WRITE, arguments);
}

__attribute__((noreturn)) static void leave(uint32_t code) {
  const uint32_t arguments[] = {0x20026, code};
  semihosting(SYS_EXIT_EXTENDED, arguments);
  for (;;) {
  }
}

/* ---- The script: [pauses, steps], then for each step [restart, packets], (key, payload) for each of them. ---- */

static const uint32_t *script;
/** Whether accumulators are written down before each update; packets and timestep then come one after the other. */
static uint32_t pauses;
static uint32_t steps_left;
static uint32_t packets_left;
static enum { BETWEEN, RECEIVING, UPDATING } phase;

static void wake(uint32_t step) {
  step_signal = step;
  *(volatile uint32_t *)0xe000e200 = 1;
}

static Packet *fifo_after(Packet *place) { return place + 1 == packet_fifo.end ? packet_fifo.begin : place + 1; }

static void fill_fifo(void) {
  while (packets_left > 0 && fifo_after(packet_fifo.write) != packet_fifo.read) {
    *packet_fifo.write = (Packet){script[0], script[1]};
    packet_fifo.write = fifo_after(packet_fifo.write);
    script += 2;
    packets_left -= 1;
  }
}

static void begin_step(void) {
  if (steps_left == 0) leave(0);
  steps_left -= 1;
  if (script[0]) {
    uint32_t *state = pe.state;
    for (uint32_t i = 0; i < BOOT->state_words; i += 1) state[i] = 0;
  }
  packets_left = script[1];
  script += 2;
  phase = RECEIVING;
}

/** The kernel has nothing left to do. */
void core_falls_asleep(void) {
  if (phase == UPDATING) {
    dump(pe.accumulators, 4 * BOOT->accumulator_words);
    dump(pe.state, 4 * BOOT->state_words);
    phase = BETWEEN;
  }
  if (phase == BETWEEN) {
    begin_step();
    if (pauses && packets_left > 0) {
      fill_fifo();
      wake(0);
      return;
    }
  }
  fill_fifo();
  if (packets_left > 0) {
    wake(0);
    return;
  }
  if (pauses) {
    if (packet_fifo.read != packet_fifo.write) {
      wake(0);
      return;
    }
    dump(pe.accumulators, 4 * BOOT->accumulator_words);
  }
  phase = UPDATING;
  wake(1);
}

/* ---- Stand-ins for parts of the PE. ---- */

void dma_start(void *to, uint32_t dram_at, uint32_t bytes) {
  const uint8_t *from = (const uint8_t *)(uintptr_t)(dram_at - DRAM_ADDRESS + DRAM_IMAGE);
  for (uint32_t i = 0; i < bytes; i += 1) ((uint8_t *)to)[i] = from[i];
}

void dma_wait(void) {}

void multiply_on_array(const int8_t *inputs, uint32_t rows, const int8_t *weights, uint32_t columns, int32_t *sums) {
  const int32_t end = 1 << (BOOT->array_bits - 1);
  for (uint32_t column = 0; column < columns; column += 1) {
    int32_t sum = 0;
    for (uint32_t row = 0; row < rows; row += 1) {
      sum += inputs[row] * weights[column * rows + row];
      if (sum < -end) sum = -end;
      if (sum >= end) sum = end - 1;
    }
    sums[column] = sum;
  }
}

/** e^x to the nearest s16.15: within the accuracy that was published, perhaps not the same in the last bit. */
__attribute__((used)) int32_t exponential_to_nearest(int32_t operand) {
  const double value = floor(exp(operand / 32768.0) * 32768.0 + 0.5);
  return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

/** Changes r0 only, as a register access would. */
__attribute__((naked)) void exponential_unit_stand_in(void) {
  __asm__("push {r1-r4, r12, lr}\n\t"
          "vpush {s0-s15}\n\t"
          "vmrs r4, fpscr\n\t"
          "bl exponential_to_nearest\n\t"
          "vmsr fpscr, r4\n\t"
          "vpop {s0-s15}\n\t"
          "pop {r1-r4, r12, pc}");
}

/* ---- From reset on. ---- */

void reset(void) {
  /* The floating-point unit, then the one interrupt. */
  *(volatile uint32_t *)0xe000ed88 |= 0xf << 20;
  __asm__ volatile("dsb\n\tisb");
  *(volatile uint32_t *)0xe000e100 = 1;
  pauses = SCRIPT[0];
  steps_left = SCRIPT[1];
  script = SCRIPT + 2;
  open_dump();
  const BootStatus status = boot(BOOT);
  if (status != READY) leave(10 + status);
  run();
}

void work_arrived(void);

static void fault(void) { leave(2); }

extern const uint32_t stack_top[];

__attribute__((section(".vectors"), used)) static const void *const vectors[17] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
    [16] = (void *)work_arrived,
};
