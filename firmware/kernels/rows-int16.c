/*
 * Rows of int16 weights whose payloads are scaled the short way.
 */
#include "int16.h"

#define WALK_OF walk_of_int16
#define FACTOR(block, row, payload) scaled_payload(block, row, payload)

#include "rows.h"
