import { type Static, Type } from "typebox";
import { amount, closed, count, interval } from "./schema-forms.ts";

/** How well a run's output is, and what its number format costs. */
export const Quality = closed({
  tokens: count("Tokens that were predicted"),
  negativeLogLikelihoodNats: amount("Summed over tokens"),
  perplexity: amount(),
  perplexityInterval: Type.Optional(
    interval("95 %, by batch means over the tokens; absent where there are too few"),
  ),
});
export type QualityJson = Static<typeof Quality>;

/** Absent where the run is in float32 itself, or was not held against it. */
export const AgainstFloat32 = Type.Union([
  closed({
    float32Perplexity: amount("Of the same model in float32 on the same tokens"),
    perplexityGrowth: Type.Number({ description: "This run's perplexity over float32's, less one" }),
    growthInterval: Type.Optional(
      interval(
        "95 %, by batch means over the tokens' differences, so narrower than those of the perplexities",
      ),
    ),
  }),
  closed({
    rmsError: amount("Of the output: root mean square of the differences over that of float32's output"),
    largestError: amount("Largest difference over float32's largest output"),
  }),
]);
export type AgainstFloat32Json = Static<typeof AgainstFloat32>;
