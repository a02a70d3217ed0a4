/**
 * The schema of a Program file (`.loom`): a protobuf Envelope whose `program` bytes are a Program.
 * Bulk arrays are `bytes`, little-endian. Arrays of the host stages lie in `blobs`, so that tied matrices are stored once.
 * `docs/program.proto` is this text.
 */
export const PROGRAM_PROTO = `syntax = "proto3";
package eventloom;

message Envelope {
  string format = 1;    // "eventloom.program/4"
  bytes sha256 = 2;     // of the bytes of program
  bytes program = 3;    // a Program
}

message Program {
  Manifest manifest = 1;
  repeated Population populations = 2;   // in order of evaluation
  repeated Pe pes = 3;
  repeated RoutingTable routing = 4;     // by router, ascending
  Host host = 5;
  ChipDecoder chip_decoder = 6;
  repeated bytes blobs = 7;
}

message Manifest {
  uint32 format_version = 1;
  string compiler = 2;
  string model_name = 3;
  string model_hash = 4;
  string profile_name = 5;
  string profile_hash = 6;
  uint32 seed = 7;
  map<string, string> options = 8;
  string number_format = 9;       // float32, int16, int8
  string scales = 10;             // matrix, row
  uint32 accumulator_bits = 11;
  double dense_weights = 12;
  double stored_weights = 13;
  map<string, double> dense_by_projection = 14;
}

message KeyRange {
  fixed32 base = 1;
  fixed32 mask = 2;
}

message Population {
  string name = 1;
  string kind = 2;                // input, or a kind of neurons: egru, lstm, gru, lif, ...
  uint32 size = 3;
  KeyRange keys = 4;
  uint32 payload_fraction_bits = 5;
  bytes order = 6;                // uint32, [size]: the model's number of each neuron; empty: the same
  string part_of = 7;             // of partial sums: the population whose fan-in they share
  bool silent_zeros = 8;          // of an input: whether components at 0 send nothing
}

message Pe {
  uint32 pe = 1;
  string population = 2;
  uint32 first_neuron = 3;
  uint32 neurons = 4;
  repeated SourceBlock sources = 5;
  repeated Section sections = 6;
  uint32 image_offset = 7;
  bytes image = 8;
  repeated Section dram_sections = 9;
  bytes dram_image = 10;
}

message SourceBlock {
  string population = 1;
  uint32 delay = 2;
  KeyRange keys = 3;
  uint32 rows = 4;
  uint32 synapses = 5;
  uint32 pointer_bytes = 6;
  uint32 index_bits = 7;
  bool scale_per_row = 8;
  uint32 scale_shift = 9;
  bool in_dram = 10;
  uint32 part = 11;
  string form = 12;               // csr, delta-csr, bitmap, block, dense, mac-array, mac-convolution
  uint32 slots = 13;
  string weight_format = 14;      // float32, int16, int8
  uint32 gates = 15;
  Convolution convolution = 16;   // of the form mac-convolution
}

message Convolution {
  Maps input = 1;
  Maps output = 2;
  repeated uint32 kernel = 3;     // y, x; the next three too
  repeated uint32 stride = 4;
  repeated uint32 dilation = 5;
  repeated uint32 padding = 6;    // in front of the first row and column
  uint32 groups = 7;
}

message Maps {
  uint32 channels = 1;
  uint32 height = 2;
  uint32 width = 3;
  uint32 together = 4;            // channels of a block; within it place by place, within a place channel by channel
}

message Section {
  string kind = 1;
  string source = 2;
  uint32 delay = 3;
  uint32 offset = 4;
  uint32 bytes = 5;
  uint32 part = 6;
}

message RoutingTable {
  uint32 router = 1;              // chip, mesh node or PE, by the profile's kind of NoC
  repeated RoutingEntry entries = 2;
}

message RoutingEntry {
  fixed32 key = 1;
  fixed32 mask = 2;
  repeated NodeDestination destinations = 3;
  bool to_host = 4;
  repeated uint32 links = 5;      // directions to neighbouring routers
}

message NodeDestination {
  uint32 node = 1;
  repeated uint32 pes = 2;
}

message Host {
  repeated HostStage encoder = 1;
  repeated HostStage decoder = 2;
  uint32 tokens = 3;              // 0: the model reads no tokens
  repeated string vocabulary = 4;
}

message HostStage {
  string kind = 1;                // embedding, linear
  string name = 2;
  uint32 inputs = 3;              // embedding: rows
  uint32 outputs = 4;             // embedding: width
  uint32 weights = 5;             // blob, float32: [rows, width] or [outputs, inputs]
  uint32 bias = 6;                // blob, float32; linear only
  string activation = 7;          // linear only: relu, sigmoid, tanh; empty: none
}

message ChipDecoder {
  string name = 1;
  uint32 inputs = 2;
  uint32 outputs = 3;
  bytes weights = 4;              // int8, [outputs, inputs]
  bytes scale = 5;                // float32, [outputs]
  bytes bias = 6;                 // float32, [outputs]
  repeated uint32 pes = 7;
  uint32 buffer_bytes = 8;
}
`;
