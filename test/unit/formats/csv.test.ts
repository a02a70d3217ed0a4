import { describe, expect, it } from "vitest";
import { readNumberTable } from "../../../src/formats/csv.ts";

describe("readNumberTable", () => {
  it.each([
    ["commas", "1,2.5\n-3e-2,.5\n"],
    ["semicolons", "1;2.5\r\n-3e-2;.5\r\n"],
    ["tabs", "1\t2.5\n-3e-2\t.5"],
    ["spaces", "  1   2.5\n-3e-2 .5\n"],
    ["comments, empty lines and a byte order mark", "\uFEFF# made by savetxt\n\n1, 2.5\n\n-3e-2 , .5\n"],
    ["quotes", '"1","2.5"\n"-3e-2",".5"\n'],
  ])("reads %s", (_, text) => {
    expect(readNumberTable(text)).toEqual({
      rows: [
        [1, 2.5],
        [-0.03, 0.5],
      ],
    });
  });

  it("takes names in the first line as a header", () => {
    expect(readNumberTable("x,y\n1,2\n")).toEqual({ header: ["x", "y"], rows: [[1, 2]] });
  });

  it.each([
    ["1,2\n3\n", "line 2: has 1 field, but the lines before it have 2"],
    ["1,2\n3,x\n", 'line 2, column 2: "x" is not a number'],
    ["1,b\n", 'line 1, column 2: "b" is not a number'],
    ["a,b\n1,2\nc,d\n", 'line 3, column 1: "c" is not a number'],
    ["1,2\n\n3,nan\n", 'line 3, column 2: "nan" is not a finite number'],
    ["nan,inf\n", 'line 1, column 1: "nan" is not a finite number'],
    ["1,\n", "line 1, column 2: is empty"],
    ["1e999\n", 'line 1, column 1: "1e999" is too large'],
    ["0x10\n1\n0x11\n", 'line 3, column 1: "0x11" is not a number'],
    ["", "the table holds no numbers"],
    ["a,b\n", "the table holds no numbers"],
  ])("refuses %j", (text, message) => {
    expect(() => readNumberTable(text)).toThrow(message);
  });
});
