import { InputError } from "./errors.ts";
import { DRAM_ADDRESS, type PeProgram } from "./program.ts";

/** Synaptic rows of one source block, decoded from the bytes of a PE's image. */
export interface ImageRows {
  readonly rowStart: Uint32Array;
  /** Local accumulator index. */
  readonly index: Uint32Array;
  readonly weight: Float64Array;
}

/** Reads the rows of source block `block` of a verified program. @throws InputError where row pointers do not ascend. */
export function rowsOf(pe: PeProgram, block: number): ImageRows {
  const source = pe.sources[block]!;
  const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    new DataView(buffer, byteOffset, byteLength);
  const sram = viewOf(pe.image);
  const view = source.inDram ? viewOf(pe.dramImage) : sram;
  const start = (kind: string): number => {
    const section = [...pe.sections, ...pe.dramSections].find(
      (candidate) =>
        candidate.kind === kind &&
        candidate.source === source.population &&
        candidate.delay === source.delay &&
        candidate.part === source.part,
    );
    if (section === undefined) throw new Error(`PE ${pe.pe} has no ${kind} for ${source.population}`);
    return section.offset - (section.offset < DRAM_ADDRESS ? pe.imageOffset : DRAM_ADDRESS);
  };
  const pointers = start("row-pointers");
  const indices = start("indices");
  const weights = start("weights");
  const pointerAt = (row: number) =>
    source.pointerBytes === 2
      ? sram.getUint16(pointers + 2 * row, true)
      : sram.getUint32(pointers + 4 * row, true);
  const indexAt = (i: number) =>
    source.indexBits === 8 ? view.getUint8(indices + i) : view.getUint16(indices + 2 * i, true);
  const weightAt = {
    float32: (i: number) => view.getFloat32(weights + 4 * i, true),
    int16: (i: number) => view.getInt16(weights + 2 * i, true),
    int8: (i: number) => view.getInt8(weights + i),
  }[source.weightFormat];
  const rowStart = Uint32Array.from({ length: source.rows + 1 }, (_, row) => pointerAt(row));
  const ascends =
    rowStart[0] === 0 && rowStart.every((start, row) => row === 0 || start >= rowStart[row - 1]!);
  if (!ascends || rowStart[source.rows] !== source.synapses) {
    throw new InputError(
      { field: `PE ${pe.pe}` },
      `row pointers of ${source.population} do not span its synapses`,
      "Compile the model again.",
    );
  }
  return {
    rowStart,
    index: Uint32Array.from({ length: source.synapses }, (_, i) => indexAt(i)),
    weight: Float64Array.from({ length: source.synapses }, (_, i) => weightAt(i)),
  };
}
