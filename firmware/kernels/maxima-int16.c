/*
 * Rows of max pooling with int16 weights.
 */
#define WALK_OF maxima_of_int16
#define Weight int16_t
#define Value int32_t
#define VALUE(payload) ((int32_t)bits_of(payload))

#include "maxima.h"
