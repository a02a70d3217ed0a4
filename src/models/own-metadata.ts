/** Keys under which our own safetensors files keep what the tensors cannot say. */
export const OWN_METADATA = {
  /** `evaluation`: layers stand in the order in which they are evaluated. */
  order: "eventloom.order",
  /** One word a line. */
  vocabulary: "eventloom.vocabulary",
  /** The model's populations and projections as JSON, where the tensors' names do not say them. */
  model: "eventloom.model",
  /** Kind of the recurrent layers, where the file was trained here. */
  cell: "eventloom.cell",
  /** `events`: components of the input vectors that are 0 send nothing. */
  input: "eventloom.input",
} as const;

export const EVALUATION_ORDER = "evaluation";
export const EVENT_INPUT = "events";

export const isOwnKey = (key: string): boolean => key.startsWith("eventloom.");
