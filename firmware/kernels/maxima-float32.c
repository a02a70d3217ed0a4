/*
 * Rows of max pooling with float32 weights.
 */
#define WALK_OF maxima_of_float32
#define Weight float
#define Value float
#define VALUE(payload) (payload)

#include "maxima.h"
