/*
 * Rows of int8 weights whose payloads are scaled the short way.
 */
#include "int8.h"

#define WALK_OF walk_of_int8
#define FACTOR(block, row, payload) scaled_payload(block, row, payload)

#include "rows.h"
