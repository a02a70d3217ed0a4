/*
 * Rows of int8 weights whose multipliers have an unusual shift.
 */
#include "int8.h"

#define WALK_OF walk_of_any_int8
#define FACTOR(block, row, payload) scaled_payload_slowly(block, row, payload, 1 << 24)

#include "rows.h"
