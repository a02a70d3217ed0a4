/** A list as it is quickly written, or undefined where it is written otherwise (as JSON):
 *
 *     3,17                    whole numbers
 *     7:3,7:17                PEs 3 and 17 of chip 7
 *     (0,0),(2,1)             places
 *     (0,0)-(1,0)             the link between two places
 */
export function listOf(text: string): unknown[] | undefined {
  const items = text.split(/,(?![^(]*\))/).map((item) => itemOf(item.trim()));
  return items.includes(undefined) ? undefined : items;
}

function itemOf(text: string): unknown {
  if (/^\d+$/.test(text)) return Number(text);
  const ofChip = /^(\d+):(\d+)$/.exec(text);
  if (ofChip) return { chip: Number(ofChip[1]), pes: [Number(ofChip[2])] };
  const places = text.split("-").map((part) => placeOf(part.trim()));
  if (places.includes(undefined) || places.length > 2) return undefined;
  return places.length === 2 ? places : places[0];
}

function placeOf(text: string): { x: number; y: number } | undefined {
  const found = /^\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(text);
  return found ? { x: Number(found[1]), y: Number(found[2]) } : undefined;
}
