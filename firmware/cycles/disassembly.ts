/** One instruction of the kernels, as objdump prints it. */
export interface Instruction {
  readonly address: number;
  /** Address of the instruction behind it. */
  readonly next: number;
  /** Without width, type and condition: "ldr" for "ldreq.w". */
  readonly name: string;
  readonly operands: string;
  /** Registers that it reads for an address. */
  readonly addressRegisters: readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Name of the function that a call or branch leads to. */
  readonly calls?: string;
}

export interface Disassembly {
  readonly at: ReadonlyMap<number, Instruction>;
  /** First address of each function. */
  readonly functions: ReadonlyMap<string, number>;
}

const CONDITIONS = "eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le";
/** Names that end like a condition and have none. */
const UNCONDITIONAL = new Set(["teq", "movs", "lsls", "muls", "bics", "sbcs", "adcs"]);
const LINE = /^\s*([0-9a-f]+):\t(\S+)(?:\t([^@]*))?(?:@.*)?$/;
const FUNCTION = /^([0-9a-f]{8}) <(.+)>:$/;

/** Reads what `objdump -d --no-show-raw-insn` prints. */
export function parseDisassembly(text: string): Disassembly {
  const functions = new Map<string, number>();
  const lines: { address: number; mnemonic: string; operands: string }[] = [];
  for (const line of text.split("\n")) {
    const label = FUNCTION.exec(line);
    if (label) functions.set(label[2]!, parseInt(label[1]!, 16));
    const [, address, mnemonic, operands = ""] = LINE.exec(line) ?? [];
    if (address !== undefined && mnemonic !== undefined)
      lines.push({ address: parseInt(address, 16), mnemonic, operands: operands.trim() });
  }
  const at = new Map<number, Instruction>();
  for (const [index, { address, mnemonic, operands }] of lines.entries()) {
    const next = lines[index + 1]?.address ?? address + 2;
    at.set(address, describe(address, next, mnemonic, operands));
  }
  return { at, functions };
}

function describe(address: number, next: number, mnemonic: string, operands: string): Instruction {
  const name = nameOf(mnemonic);
  const inBrackets = /\[(.*?)\]/.exec(operands)?.[1] ?? "";
  const base = /^(?:v?ldm|v?stm)/.test(name) ? operands.split(",")[0]! : inBrackets;
  const all = registersIn(operands);
  const addressRegisters = registersIn(base);
  const destinations = destinationsOf(name, operands, all);
  const target = /<([^+>]+)>/.exec(operands)?.[1];
  return {
    address,
    next,
    name,
    operands,
    addressRegisters,
    reads:
      /^v(?!cmp|st)/.test(name) || !WRITES_NOTHING.test(name) ? all.slice(readsFirst(name) ? 0 : 1) : all,
    writes: destinations,
    ...(target !== undefined && { calls: target }),
  };
}

const WRITES_NOTHING = /^(?:v?st|cmp|cmn|tst|teq|vcmpe?|b|bl|blx|bx|cbn?z|push|vpush|it|cps|nop|wfi|dsb|isb)/;

/** Instructions that read their first operand: accumulating ones. */
const readsFirst = (name: string): boolean => /^v(?:fn?m|n?ml)[as]$|^[su]mlal$|^movt$/.test(name);

function destinationsOf(name: string, operands: string, all: readonly string[]): readonly string[] {
  if (WRITES_NOTHING.test(name)) return [];
  if (/^v?(?:ldm|pop)/.test(name)) return registersIn(/\{(.*)\}/.exec(operands)?.[1] ?? "");
  const results = /^(?:[su]mull|[su]mlal|ldrd)$/.test(name) ? 2 : 1;
  return all.slice(0, results);
}

/** All registers of an operand list; ranges in full. */
function registersIn(text: string): string[] {
  const found: string[] = [];
  for (const [, first, last] of text.matchAll(/\b([rsd]\d+|sl|fp|ip|sp|lr|pc|sb)\b(?:-([rsd]\d+))?/g)) {
    if (last === undefined) found.push(first!);
    else {
      const kind = first![0]!;
      for (let i = Number(first!.slice(1)); i <= Number(last.slice(1)); i += 1) found.push(`${kind}${i}`);
    }
  }
  return found;
}

/** The instruction's own name. */
function nameOf(mnemonic: string): string {
  const bare = mnemonic.split(".")[0]!;
  if (/^it[te]{0,3}$/.test(bare)) return "it";
  if (UNCONDITIONAL.has(bare)) return bare;
  const conditional = new RegExp(`^(b|v?[a-z]{2,}?)(?:${CONDITIONS})$`).exec(bare);
  return conditional && KNOWN.has(conditional[1]!) ? conditional[1]! : bare;
}

/** Names that may carry a condition here; whatever is not among them is taken as it stands. */
const KNOWN = new Set(
  (
    "b bl blx bx ldr ldrb ldrh ldrsb ldrsh ldrd str strb strh strd mov mvn add adds sub subs rsb and orr eor bic " +
    "lsl lsr asr ror neg mul mla mls cmp cmn tst sxth sxtb uxth uxtb ubfx sbfx smull umull smlal qadd ssat adc sbc " +
    "orrs ands pop ldmia stmia vmov vadd vsub vmul vneg vabs vdiv vldr vstr vcvt vcmp vcmpe ldm stm"
  ).split(" "),
);
