import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Slot } from '../../src/rotation/slot';
import { otherSlot } from '../../src/rotation/slot';
import type { Fleet } from '../lab/support/fleet';
import { expectHealthy } from '../lab/support/world';

/** Many OpenEMRs, and the two of them that something happens to. */
export interface Scene {
  lab: Lab;
  fleet: Fleet;
  concurrency: number;
  /** Its new slot never proves healthy. */
  broken: Site;
  /** The worker that rotates it is killed. */
  killed: Site;
  log: (line: string) => void;
}

/** What a way of rotating them all cost. */
export interface Row {
  way: string;
  deployments: number;
  ends: string;
  seconds: number;
  cpuSeconds: number;
  /** Shared pages counted once. */
  peakMiB: number;
  calls: { aws: number; kubernetes: number; sql: number };
}

/** In the step after the cut-over, so that what is left is neither the old world nor the new one. */
export const killedInStep = 6;

/** Breaks the one for its next rotation alone: the pods of its rollback are sound. */
export async function breakOne({ broken }: Scene): Promise<void> {
  await broken.podFault('health-500', { rollouts: 1 });
}

/** The slot that each OpenEMR is on. */
export async function slotsOf(sites: readonly Site[]): Promise<Map<string, Slot>> {
  const found = await Promise.all(
    sites.map(async (site): Promise<[string, Slot]> => {
      const { active_slot } = await site.slotDocument();
      return [site.name, active_slot === 'A' ? 'A' : 'B'];
    }),
  );
  return new Map(found);
}

/** All have moved to their other slot, but the broken one; every place of each agrees, and every login works. */
export async function expectMoved(
  sites: readonly Site[],
  before: ReadonlyMap<string, Slot>,
  broken?: Site,
): Promise<void> {
  for (const site of sites) {
    const old = before.get(site.name) ?? 'A';
    await expectHealthy(site, site === broken ? old : otherSlot(old));
  }
  const moved = sites.filter((site) => site !== broken).length;
  expect(moved).to.equal(broken ? sites.length - 1 : sites.length);
}
