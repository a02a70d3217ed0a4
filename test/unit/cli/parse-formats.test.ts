import { describe, expect, it } from "vitest";
import { macChoice, projectionFormats } from "../../../src/cli/parse-formats.ts";

describe("formats by projection on the command line", () => {
  it("takes short names and those of reports", () => {
    const expected = [
      ["egru0 -> egru1", "int16"],
      ["egru1 -> egru1 (recurrent)", "int8"],
    ];
    expect([...projectionFormats("egru0:egru1=int16,egru1:egru1=int8")]).toEqual(expected);
    expect([...projectionFormats("egru0 -> egru1=int16, egru1 -> egru1 (recurrent)=int8")]).toEqual(expected);
    expect([...projectionFormats("b:a (recurrent)=int8").keys()]).toEqual(["b -> a (recurrent)"]);
  });

  it("adds up over several options", () => {
    expect(projectionFormats("a:b=int8", projectionFormats("b:b=int16")).size).toBe(2);
  });

  it.each([
    ["egru0:egru1", '"egru0:egru1" is not a projection and a format, such as egru0:egru1=int16.'],
    ["egru0:egru1=float32", '"egru0:egru1=float32" is not a projection and a format'],
    ["egru0=int8", '"egru0" is not a projection, such as egru0:egru1.'],
    ["a:b=int8,a:b=int16", "a -> b has a format already."],
    ["a:b=int8,,b:c=int8", "An entry of the list is empty."],
  ])("refuses %s", (text, problem) => {
    expect(() => projectionFormats(text)).toThrow(problem);
  });
});

describe("projections for MAC arrays on the command line", () => {
  it("are none, those that gain, all, or named", () => {
    expect(["off", "auto", "all"].map(macChoice)).toEqual(["off", "auto", "all"]);
    expect(macChoice("egru0:egru1, egru1 -> egru1 (recurrent)")).toEqual(
      new Set(["egru0 -> egru1", "egru1 -> egru1 (recurrent)"]),
    );
  });

  it("refuses what is neither", () => {
    expect(macChoice("conv1:pool1=matrix, conv2:conv2")).toEqual(
      new Set(["conv1 -> pool1=matrix", "conv2 -> conv2 (recurrent)"]),
    );
    expect(() => macChoice("some")).toThrow('"some" is not a projection, such as egru0:egru1.');
  });
});
