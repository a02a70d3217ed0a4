/*
 * What the PE's surroundings do; the emulator has stand-ins for it.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdint.h>

/** Set by whoever keeps the timesteps, before it raises the interrupt. */
extern volatile uint32_t step_signal;

/** Any write takes the interrupt back. The address is an assumption. */
#define INTERRUPT_ACKNOWLEDGE ((volatile uint32_t *)0x40011000)

/** Nothing on a chip: in the emulator the world goes on here while the core sleeps. */
void core_falls_asleep(void);

/** Copies bytes from DRAM into SRAM, all of them when `dma_wait` returns. Addresses and sizes are whole bursts. */
void dma_start(void *to, uint32_t dram_at, uint32_t bytes);
void dma_wait(void);

/**
 * Multiplies on the MAC array and waits for it: of each column the sum of its weights times the inputs, one column's weights after
 * the other, saturated after each product. How software hands it a product is not public here.
 */
void multiply_on_array(const int8_t *inputs, uint32_t rows, const int8_t *weights, uint32_t columns, int32_t *sums);

#endif
