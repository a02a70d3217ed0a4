import { expect, it } from "vitest";
import { closestTo, suggestion } from "../../../src/core/did-you-mean.ts";

it("finds the known word within a third of its letters, whatever their case", () => {
  const known = ["bytes", "codeBytes", "stackBytes"];
  expect(closestTo("byts", known)).toBe("bytes");
  expect(closestTo("CODEBYTES", known)).toBe("codeBytes");
  expect(closestTo("colour", known)).toBeUndefined();
  expect(closestTo("x", ["y"])).toBe("y");
  expect(closestTo("x", [])).toBeUndefined();
});

it("phrases it as a question", () => {
  expect(suggestion("300mhz", ["150MHz", "300MHz"])).toBe('; did you mean "300MHz"?');
  expect(suggestion("fast", ["150MHz"])).toBe("");
});
