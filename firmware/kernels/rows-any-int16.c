/*
 * Rows of int16 weights whose multipliers have an unusual shift.
 */
#include "int16.h"

#define WALK_OF walk_of_any_int16
#define FACTOR(block, row, payload) scaled_payload_slowly(block, row, payload, INT32_MAX)

#include "rows.h"
