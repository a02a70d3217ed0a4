/** Events a timestep on each link, and what they cost in all. */
export interface LinkLoads {
  /** Adds events to each of the links, or to the first `length`. */
  add(links: Int32Array, events: number, length?: number): void;
  cost(): PlacementCost;
  /** Links that were added to so far. */
  visits(): number;
}

export interface PlacementCost {
  /** Events × links that they cross, in a timestep. */
  readonly eventHops: number;
  /** Of those, on links between chips. */
  readonly chipEventHops: number;
  /** Events on the link that is occupied longest, as hops of the mesh. */
  readonly busiest: number;
  /** What placers lower: weighted hops, and a share of the busiest link. */
  readonly cost: number;
}

/**
 * Evenly loaded links count as a fiftieth of all hops, a busiest link of ten times the mean as a fifth: of ways that are
 * about as short, those that keep out of each other's way.
 */
const BUSIEST_LINK_SHARE = 0.02;

interface LoadedLinks {
  readonly links: number;
  /** Links of which one is the busiest, whatever the loads. */
  readonly watched: readonly number[];
  /** Links from this number on lead from chip to chip; absent where none does. */
  readonly meshLinks?: number;
  /** For how many hops of the mesh one between chips counts. */
  readonly chipLinkWeight?: number;
}

export function createLinkLoads({
  links,
  watched: candidates,
  meshLinks = links,
  chipLinkWeight = 1,
}: LoadedLinks): LinkLoads {
  const load = new Float64Array(links);
  const watched = Int32Array.from(candidates);
  const share = BUSIEST_LINK_SHARE * watched.length;
  let meshHops = 0;
  let chipHops = 0;
  let visits = 0;

  const busiestLoad = (): number => {
    let most = 0;
    for (let i = 0; i < watched.length; i += 1) {
      const link = watched[i]!;
      const busy = link < meshLinks ? load[link]! : chipLinkWeight * load[link]!;
      if (busy > most) most = busy;
    }
    return most;
  };

  return {
    add(path, events, length = path.length) {
      let between = 0;
      for (let i = 0; i < length; i += 1) {
        const link = path[i]!;
        load[link]! += events;
        if (link >= meshLinks) between += 1;
      }
      visits += length;
      chipHops += events * between;
      meshHops += events * (length - between);
    },
    cost() {
      const busiest = busiestLoad();
      // Read one after the other, they take a fraction of the time.
      visits += watched.length >> 2;
      return {
        eventHops: meshHops + chipHops,
        chipEventHops: chipHops,
        busiest,
        cost: meshHops + chipLinkWeight * chipHops + share * busiest,
      };
    },
    visits: () => visits,
  };
}
