/*
 * The PE's accelerator for exponentials, s16.15 in and out, published to take 7 to 22 cycles. How software hands it its
 * operand, and how it rounds, is not public here: the call stands for operand in, exponential and result out, and
 * whoever counts cycles takes the unit's for it.
 */
#ifndef EXPONENTIAL_UNIT_H
#define EXPONENTIAL_UNIT_H

#include <stdint.h>

static inline int32_t exponential_unit(int32_t operand) {
  register int32_t value __asm__("r0") = operand;
  __asm__("bl exponential_unit_stand_in" : "+r"(value) : : "lr", "cc");
  return value;
}

#endif
