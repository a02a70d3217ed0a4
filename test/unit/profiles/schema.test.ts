import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import {
  DRAM_ACTIONS,
  EVENT_ROUTER_ACTIONS,
  FORMAT_ACTIONS,
  KERNEL_ACTIONS,
  NOC_ACTIONS,
  PRODUCT_ACTIONS,
  ROW_ACTIONS,
} from "../../../src/core/counts.ts";
import { ROW_FORMS } from "../../../src/core/row-form.ts";
import { editorSchema } from "../../../src/profiles/editor-schema.ts";
import { profileJsonSchema } from "../../../src/profiles/schema.ts";
import { fileText, shipped } from "./shipped.ts";

describe("profileJsonSchema", () => {
  it("is what hw-profiles/schema.json holds, to the byte", () => {
    expect(fileText("hw-profiles/schema.json")).toBe(`${JSON.stringify(editorSchema(), null, 2)}\n`);
  });

  it("is a sound draft 2020-12 schema that accepts the shipped profile on its own", () => {
    const validate = new Ajv2020({ discriminator: true }).compile(profileJsonSchema());
    expect(validate(JSON.parse(fileText("hw-profiles/spinnaker2.json")))).toBe(true);
    expect(validate({})).toBe(false);
  });

  it("has a slot for every action that is counted", () => {
    const { json } = shipped();
    const { forms, ...kernel } = json.pe.kernels.float32!;
    expect(Object.keys(kernel)).toEqual([...FORMAT_ACTIONS]);
    expect(["csr", ...Object.keys(forms!)]).toEqual([...ROW_FORMS]);
    for (const actions of Object.values(forms!)) expect(Object.keys(actions)).toEqual([...ROW_ACTIONS]);
    expect(Object.keys(json.pe.macArray!.kernel!)).toEqual([...PRODUCT_ACTIONS]);
    expect(new Set([...FORMAT_ACTIONS, ...ROW_ACTIONS, ...PRODUCT_ACTIONS])).toEqual(new Set(KERNEL_ACTIONS));
    expect(Object.keys(json.noc.energy.costs)).toEqual([...NOC_ACTIONS]);
    expect(Object.keys(json.eventRouter.energy.costs)).toEqual([...EVENT_ROUTER_ACTIONS]);
    expect(Object.keys(json.dram!.energy.costs)).toEqual([...DRAM_ACTIONS]);
  });
});
