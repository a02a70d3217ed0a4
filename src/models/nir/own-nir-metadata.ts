/** The step of NIR's own comparisons of simulators, in seconds. */
export const USUAL_TIMESTEP = 1e-4;

/** Keys under which NIR files that we wrote keep what the graph cannot say. */
export const OWN_NIR_METADATA = {
  /** Seconds a timestep, where the model has none in its own metadata. */
  dt: "eventloom.dt",
  /** JSON: names of populations in order of evaluation, and of projections in the model's order. */
  order: "eventloom.order",
  /** On an Input: each component is an event in each timestep. */
  dense: "eventloom.dense",
} as const;
