/** Which neurons a group of neurons receives from, through whatever stands between. */
export type NeuronSources = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Neurons in an order in which each comes behind those it receives from. Where they form a circle, the one nearest to the input
 * comes first: the edges that lead back to it are the recurrent ones.
 * @param sources Of each neuron; names that are no keys are inputs.
 */
export function evaluationOrder(sources: NeuronSources): readonly string[] {
  const distance = distances(sources);
  const ancestors = ancestorsOf(sources);
  const left = new Set(sources.keys());
  const order: string[] = [];
  while (left.size > 0) {
    // In a circle that nothing else leads to, every ancestor that is left is also a descendant.
    const first = [...left].filter((name) =>
      [...ancestors.get(name)!].every((other) => !left.has(other) || ancestors.get(other)!.has(name)),
    );
    const ready = first.filter((name) =>
      [...sources.get(name)!].every((other) => other === name || !left.has(other)),
    );
    const candidates = ready.length > 0 ? ready : first;
    const next = candidates.reduce((best, name) => (distance.get(name)! < distance.get(best)! ? name : best));
    order.push(next);
    left.delete(next);
  }
  return order;
}

function distances(sources: NeuronSources): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (let distance = 0; ; distance += 1) {
    const reached = [...sources].filter(
      ([name, from]) =>
        !found.has(name) &&
        [...from].some((other) => (distance === 0 ? !sources.has(other) : found.get(other) === distance - 1)),
    );
    if (reached.length === 0) break;
    for (const [name] of reached) found.set(name, distance);
  }
  for (const name of sources.keys()) if (!found.has(name)) found.set(name, Number.MAX_SAFE_INTEGER);
  return found;
}

function ancestorsOf(sources: NeuronSources): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>();
  for (const name of sources.keys()) {
    const found = new Set<string>();
    const open = [...sources.get(name)!];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...(sources.get(next) ?? []));
    }
    all.set(name, found);
  }
  return all;
}
