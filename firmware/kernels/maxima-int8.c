/*
 * Rows of max pooling with int8 weights.
 */
#define WALK_OF maxima_of_int8
#define Weight int8_t
#define Value int32_t
#define VALUE(payload) ((int32_t)bits_of(payload))

#include "maxima.h"
