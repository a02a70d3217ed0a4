/*
 * The mesh network's cycle loop: what every flit costs anew at every router. mesh-memory.ts lays out the records,
 * mesh-network.ts says what they mean.
 *
 * mesh-binary.ts holds this file compiled to WebAssembly; build.sh beside it makes it anew.
 */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
#define RARE(condition) __builtin_expect(condition, 0)

/* Words of a channel's record; CHANNEL in mesh-memory.ts explains them. */
enum {
  FRONT, TAIL, TAKEN, SIZE, LARGEST, CYCLES, CREDIT_CYCLES, STATE,
  REQUESTS, TURN, INPUTS, TO_X, TO_Y, OUTPUTS, SIDE, SENT, CHANNEL_WORDS
};
#define FIRST_CHANNEL 2048
/* Words of a place in a buffer, PLACE in mesh-memory.ts. */
enum { FROM, NEXT, FLIT, ADDRESS, PLACE_WORDS };
/* What a channel's sender does, SENDER in mesh-memory.ts. */
enum { IDLE, SCHEDULED, BLOCKED, CREDIT_UNDER_WAY };

/* Where everything lies, as mesh-memory.ts writes it: words counted from the memory's begin, or addresses. */
typedef struct {
  int32_t fronts;
  int32_t senders;
  int32_t mask;
  int32_t list;
  int32_t flit_cycles;
  const int32_t *buffer_start;
  double *blocked_cycles;
  double *blocked_since;
  int32_t *freed;
  /* Packets by number: what they carry, and when they would arrive without contention. Then the numbers, free ones last. */
  int32_t *payloads;
  double *due_cycles;
  int32_t *numbers;
} Layout;

/* What changes, PROGRESS in mesh-memory.ts. */
typedef struct {
  /* The present cycle, and the next one in which anything may move; infinite where nothing does. */
  double cycle;
  double next;
  /* Packets put into source queues, and taken by receivers; cycles by which these came late, in sum and at most. */
  double injected;
  double delivered;
  double queueing_cycles;
  double largest_queueing_cycles;
  /* Low 32 bits of the present cycle. */
  int32_t now;
  int32_t in_flight;
  /* Source queues that had refused a packet and have a place since this cycle. */
  int32_t freed_count;
  /* Of the packet that is offered to a receiver. */
  int32_t payload;
  int32_t channel;
  /* The entry of the present arrivals that comes next, 0 before them. */
  int32_t entry;
} Progress;

EXPORT Layout layout;
EXPORT Progress progress;

static inline int32_t *word(int32_t index) { return (int32_t *)((uint32_t)index << 2); }
static inline int32_t number_of(int32_t channel) { return (channel - FIRST_CHANNEL) / CHANNEL_WORDS; }

/* a - b of times that are near each other, whatever their low 32 bits are. */
static inline int32_t since(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
static inline int32_t later(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

/* Enters a number into the list of a cycle. */
static inline void enter(Layout at, int32_t ring, int32_t cycle, int32_t entry) {
  int32_t *list = word(ring + (cycle & at.mask) * at.list);
  const int32_t length = list[0] + 1;
  list[0] = length;
  list[length] = entry;
}

/*
 * What a flit will ask for at the front of a channel's buffer, as an entry of the list of arrivals: an output of the
 * router, x before y, and from bit 0 to 4 the input that it asks from; or, negated, the channel whose receiver it is for.
 * A record is a multiple of 16 words, which leaves these bits free.
 */
static inline int32_t wish_of(int32_t channel, int32_t address) {
  const int32_t *record = word(channel);
  const int32_t outputs = record[OUTPUTS];
  const int32_t dx = (address & 0xfff) - record[TO_X];
  const int32_t dy = ((address >> 12) & 0xfff) - record[TO_Y];
  /* Without branches, for the processor could not guess them: 0 ... 3 as in DIRECTIONS, then local ports. */
  const int32_t along_y = dy != 0 ? 2 + (dy < 0) : 4 + (address >> 24);
  const int32_t way = outputs + (dx != 0 ? dx < 0 : along_y) * CHANNEL_WORDS;
  const int32_t wish = (outputs > 0 ? way : -outputs) << 1 | record[SIDE];
  return outputs == 0 ? -channel : wish;
}

/* An input asks for an output in the present cycle. */
static inline void request(Layout at, int32_t wish, int32_t now) {
  const int32_t output = wish >> 5 << 4;
  int32_t *out = word(output);
  out[REQUESTS] |= (int32_t)(1u << (wish & 31));
  if (out[STATE] != IDLE) return;
  out[STATE] = SCHEDULED;
  enter(at, at.senders, now, output);
}

/*
 * Raises the largest occupancy of a buffer to the flits that stand in it. It peaks before a flit leaves; where that is
 * the only one, nothing is noted.
 */
static void note_occupancy(Layout at, int32_t channel, int32_t now) {
  int32_t *record = word(channel);
  const int32_t size = record[SIZE] * PLACE_WORDS;
  const int32_t end = at.buffer_start[number_of(channel)] + size;
  int32_t largest = record[LARGEST];
  for (; largest < record[TAKEN]; largest += 1) {
    int32_t place = record[FRONT] + largest * PLACE_WORDS;
    if (place >= end) place -= size;
    if (since(*word(place + FROM), now) > 0) break;
  }
  record[LARGEST] = largest;
}

/* A place becomes free for whom it was missing: a sender knows when to act again, a source is to be told. */
static void unblock(Layout at, int32_t channel, int32_t now) {
  int32_t *record = word(channel);
  if (record[OUTPUTS] < 0) {
    /* Before a source queue stands no sender, but someone who was refused. */
    record[STATE] = IDLE;
    at.freed[progress.freed_count] = channel;
    progress.freed_count += 1;
    return;
  }
  record[STATE] = CREDIT_UNDER_WAY;
  enter(at, at.senders, later(now, record[CREDIT_CYCLES]), channel);
}

/* The front flit leaves a buffer: the next one comes to the front, and the sender gets its credit. */
static inline void leave(Layout at, int32_t channel, int32_t now) {
  int32_t *record = word(channel);
  const int32_t taken = record[TAKEN];
  int32_t *place = word(record[FRONT]);
  const int32_t next = place[NEXT];
  if (taken > 1) {
    int32_t from = *word(next + FROM);
    if (since(from, now) <= 0) {
      if (RARE(taken > record[LARGEST])) note_occupancy(at, channel, now);
      from = later(now, 1);
    }
    enter(at, at.fronts, from, wish_of(channel, *word(next + ADDRESS)));
  }
  place[FROM] = later(now, record[CREDIT_CYCLES]);
  record[FRONT] = next;
  record[TAKEN] = taken - 1;
  if (RARE(record[STATE] == BLOCKED)) unblock(at, channel, now);
}

/* A sender finds no place. It acts again when there is one, which is known once a flit has left the buffer. */
static void block(Layout at, int32_t channel, double cycle) {
  int32_t *record = word(channel);
  at.blocked_since[number_of(channel)] = cycle;
  if (record[TAKEN] == record[SIZE]) {
    record[STATE] = BLOCKED;
    return;
  }
  record[STATE] = CREDIT_UNDER_WAY;
  enter(at, at.senders, *word(record[TAIL] + FROM), channel);
}

/*
 * First half of a cycle: each flit that comes to the front of a buffer asks its router for the way on.
 * False where one is first to be handed to its receiver, who may lengthen the list.
 */
static inline int32_t run_arrivals(Layout at) {
  const int32_t now = progress.now;
  int32_t *list = word(at.fronts + (now & at.mask) * at.list);
  for (int32_t entry = progress.entry; entry <= list[0]; entry += 1) {
    const int32_t wish = list[entry];
    if (wish < 0) {
      progress.entry = entry + 1;
      progress.channel = -wish;
      return 0;
    }
    request(at, wish, now);
  }
  list[0] = 0;
  return 1;
}

/*
 * Second half: every sender whose turn it is sends one flit, the next input's in turn, if its buffer has a place.
 * What it reads is left alone by the other senders of the cycle, so their order does not matter.
 */
static inline void run_senders(Layout at) {
  const int32_t now = progress.now;
  int32_t *list = word(at.senders + (now & at.mask) * at.list);
  const int32_t length = list[0];
  for (int32_t entry = 1; entry <= length; entry += 1) {
    const int32_t channel = list[entry];
    int32_t *record = word(channel);
    const uint32_t asking = (uint32_t)record[REQUESTS];
    if (asking == 0) {
      /* The last flit has left the channel, and nobody wants it. */
      record[STATE] = IDLE;
      continue;
    }
    if (RARE(record[STATE] == CREDIT_UNDER_WAY)) {
      const int32_t number = number_of(channel);
      at.blocked_cycles[number] += progress.cycle - at.blocked_since[number];
    }
    const int32_t taken = record[TAKEN];
    int32_t *place = word(record[TAIL]);
    if (RARE(taken == record[SIZE] || since(place[FROM], now) > 0)) {
      block(at, channel, progress.cycle);
      continue;
    }

    const uint32_t ahead = asking >> record[TURN] << record[TURN];
    const int32_t side = __builtin_ctz(ahead != 0 ? ahead : asking);
    const uint32_t left = asking & ~(1u << side);
    record[TURN] = side + 1;
    record[REQUESTS] = (int32_t)left;

    const int32_t input = *word(record[INPUTS] + side);
    const int32_t *source = word(*word(input + FRONT));
    const int32_t arrival = later(now, record[CYCLES]);
    place[FROM] = arrival;
    /* The flit and its address at once. */
    *(uint64_t *)(place + FLIT) = *(const uint64_t *)(source + FLIT);
    leave(at, input, now);
    record[TAIL] = place[NEXT];
    record[TAKEN] = taken + 1;
    if (taken == 0) enter(at, at.fronts, arrival, wish_of(channel, place[ADDRESS]));
    record[SENT] += 1;

    if (left != 0 || at.flit_cycles > 1) {
      record[STATE] = SCHEDULED;
      enter(at, at.senders, later(now, at.flit_cycles), channel);
    } else {
      record[STATE] = IDLE;
    }
  }
  list[0] = 0;
}

/* The next cycle in which something may move. */
static inline double next_cycle(Layout at) {
  for (int32_t ahead = 0; ahead <= at.mask; ahead += 1) {
    const int32_t list = (later(progress.now, ahead) & at.mask) * at.list;
    if ((*word(at.fronts + list) | *word(at.senders + list)) != 0) return progress.cycle + ahead;
  }
  return __builtin_inf();
}

/* The packet that was offered has been taken. */
static inline void deliver(Layout at) {
  const int32_t channel = progress.channel;
  const int32_t number = *word(*word(channel + FRONT) + FLIT);
  const double queueing = progress.cycle - at.due_cycles[number];
  progress.queueing_cycles += queueing;
  if (queueing > progress.largest_queueing_cycles) progress.largest_queueing_cycles = queueing;
  progress.delivered += 1;
  progress.in_flight -= 1;
  at.numbers[progress.in_flight] = number;
  leave(at, channel, progress.now);
}

/*
 * Simulates what happens before cycle `end`. Returns early with port + 1 where a packet is to be handed to a receiver,
 * and goes on when it is called with the answer: 1 for taken, 0 for refused; or with -1 after a cycle that made place
 * in source queues. 0 where nothing more happens before the end.
 */
EXPORT int32_t run(double end, int32_t taken) {
  const Layout at = layout;
  if (taken != 0) deliver(at);
  for (;;) {
    if (progress.entry == 0) {
      if (progress.next >= end) return 0;
      progress.now = later(progress.now, (int32_t)(progress.next - progress.cycle));
      progress.cycle = progress.next;
      progress.entry = 1;
    }
    if (!run_arrivals(at)) {
      const int32_t *record = word(progress.channel);
      progress.payload = at.payloads[*word(record[FRONT] + FLIT)];
      return record[SIDE] + 1;
    }
    run_senders(at);
    progress.entry = 0;
    progress.now = later(progress.now, 1);
    progress.cycle += 1;
    progress.next = next_cycle(at);
    if (progress.freed_count > 0) return -1;
  }
}

/*
 * Puts a packet into a source queue in a cycle whose senders have not acted yet; on its own it would arrive so many
 * cycles later. 0 where the queue is full.
 */
EXPORT int32_t inject(int32_t queue, int32_t address, int32_t payload, int32_t zero_load_cycles) {
  const Layout at = layout;
  int32_t *record = word(queue);
  const int32_t taken = record[TAKEN];
  if (taken == record[SIZE]) {
    /* Remembered, so that the place is announced when there is one. */
    record[STATE] = BLOCKED;
    return 0;
  }
  const int32_t number = at.numbers[progress.in_flight];
  progress.in_flight += 1;
  progress.injected += 1;
  at.payloads[number] = payload;
  at.due_cycles[number] = progress.cycle + zero_load_cycles;

  int32_t *place = word(record[TAIL]);
  place[FROM] = progress.now;
  place[FLIT] = number;
  place[ADDRESS] = address;
  record[TAIL] = place[NEXT];
  record[TAKEN] = taken + 1;
  if (taken == 0) {
    progress.next = progress.cycle;
    request(at, wish_of(queue, address), progress.now);
  }
  return 1;
}

/* Offers the front flit of a receiver's buffer again in a cycle whose arrivals have not ended. */
EXPORT int32_t offerAgain(int32_t channel) {
  const Layout at = layout;
  if (*word(at.fronts + (progress.now & at.mask) * at.list) == at.list - 1) return 0;
  progress.next = progress.cycle;
  enter(at, at.fronts, progress.now, -channel);
  return 1;
}

EXPORT void noteOccupancy(int32_t channel) {
  note_occupancy(layout, channel, progress.now);
}
