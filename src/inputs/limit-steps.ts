import { InputError } from "../core/errors.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";

/** The first `steps` steps; the whole stimulus where it is shorter or no limit is given. */
export function limitSteps(stimulus: Stimulus, steps: number | undefined): Stimulus {
  if (steps === undefined) return stimulus;
  if (!Number.isInteger(steps) || steps < 1)
    throw new InputError(
      { field: "steps" },
      `${steps} is not a positive whole number`,
      "Give at least one step.",
    );
  if (steps >= stepsOf(stimulus)) return stimulus;
  if (stimulus.kind === "dense")
    return { ...stimulus, values: stimulus.values.subarray(0, steps * stimulus.width) };
  const { ids, targets } = stimulus;
  return {
    ...stimulus,
    ids: ids.subarray(0, steps),
    ...(targets && { targets: targets.subarray(0, steps) }),
  };
}
