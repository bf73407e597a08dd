import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Lab, Site } from '../../lab';
import { Cluster } from '../lab/support/cluster';
import { run } from '../lab/support/command';
import type { Run } from '../lab/support/command';
import { overwrite } from '../lab/support/files';
import { Operator } from '../lab/support/operator';
import { makeCurrent, stagesOf } from '../lab/support/secrets';
import { alterPassword, dropDefaultUsers, expectHealthy, snapshot } from '../lab/support/world';
import type { WorldSnapshot } from '../lab/support/world';
import { followAdvice } from './advice';
import type { FaultResult } from './cases';
import { watchPasswords } from './durable';
import type { Readers } from './readers';
import { startReaders } from './readers';
import type { ScenarioName } from './scenarios';
import { siteOf } from './scenarios';
import { expectNoneFailed, runWithFault } from './sweep';

/** A site as it was before its rotation, and all that a person needs to change it. */
interface Hands {
  lab: Lab;
  site: Site;
  cluster: Cluster;
  before: WorldSnapshot;
  /** `sqlconf.php` then, byte for byte. */
  file: Buffer;
}

/** What people do between two runs. `breaks`: OpenEMR may be down by it, so that no reader is counted. */
const actions: Record<string, { breaks: boolean; act: (hands: Hands) => Promise<void> }> = {
  nothing: { breaks: false, act: async () => undefined },
  'file and Secret put back, restarted': {
    breaks: true,
    act: async ({ site, cluster, before, file }) => {
      overwrite(site.sqlconfFile, file);
      await cluster.setSecret(before.secret);
      await restarted(site);
    },
  },
  'only the file put back': {
    breaks: true,
    act: async ({ site, file }) => overwrite(site.sqlconfFile, file),
  },
  'only the Secret put back': {
    breaks: true,
    act: async ({ cluster, before }) => cluster.setSecret(before.secret),
  },
  'an old Secret applied': {
    breaks: true,
    act: async ({ cluster }) => cluster.setSecret({ 'mysql-password': 'From-a-year-ago-1' }),
  },
  'AWSCURRENT moved back': {
    breaks: false,
    act: async ({ site }) => {
      const labels = Object.values(await stagesOf(site, site.slotSecretId)).flat();
      if (labels.includes('AWSPREVIOUS')) await makeCurrent(site, site.slotSecretId, 'AWSPREVIOUS');
    },
  },
  'the live password altered': {
    breaks: true,
    act: async ({ lab, site }) => alterPassword(lab, (await site.sqlconf()).login, 'Altered-by-somebody-1'),
  },
  'both passwords altered': {
    breaks: true,
    act: async ({ lab, site }) => {
      const { A, B, file } = await snapshot(site);
      const users = new Set([file.login, A?.username, B?.username].filter((user) => user));
      for (const user of users) await alterIfThere(lab, user ?? '', 'Restored-from-a-snapshot-1');
    },
  },
  'kubectl rollout undo': {
    breaks: false,
    act: async ({ lab, site }) => {
      const operator = new Operator(lab, site, site.folder);
      const undo = ['kubectl', '-n', site.namespace, 'rollout', 'undo', `deployment/${site.deployment}`];
      // There is nothing to undo where no pod template came after the first.
      await operator.run(undo).catch(() => '');
    },
  },
};

/** The names of what people do. */
export const actionNames = Object.keys(actions);

/** Pods that cannot start, since their login is refused, are no fault of the action. */
async function restarted(site: Site): Promise<void> {
  await site.restart().catch(() => undefined);
}

async function alterIfThere(lab: Lab, user: string, password: string): Promise<void> {
  const found = await lab.database.root('SELECT 1 FROM mysql.user WHERE user = ?', [user]);
  if (found.length > 0) await alterPassword(lab, user, password);
}

/** One generated state: killed after a point (none: before any run), then somebody's action. */
export interface PeopleCase {
  start: ScenarioName;
  point: string | undefined;
  action: string;
}

/** Names a case, the same in every run of the harness. */
export function peopleName({ start, point, action }: PeopleCase): string {
  return `${start}: killed after ${point ?? 'nothing'}; ${action}`;
}

/** All states that can be made, in an order that is a fair sample wherever a sweep stops. */
export function peopleCases(start: ScenarioName, points: readonly string[]): PeopleCase[] {
  const cases = [undefined, ...points].flatMap((point) =>
    actionNames.map((action) => ({ start, point, action })),
  );
  const place = (each: PeopleCase): string => createHash('sha256').update(peopleName(each)).digest('hex');
  return cases.sort((one, other) => (place(one) < place(other) ? -1 : 1));
}

/** How such a case ended. */
export type PeopleResult = Pick<FaultResult, 'codes' | 'canaryLogins'> &
  Partial<Pick<FaultResult, 'readers'>> & { followed: string[] };

/**
 * Makes the state, runs the command, and follows what it prints, at most twice.
 * @throws when that does not end healthy, or when a reader's login failed though nobody had broken it
 */
export async function carryOutPeople(lab: Lab, { start, point, action }: PeopleCase): Promise<PeopleResult> {
  const site = await siteOf(lab, start);
  const cluster = new Cluster(lab, site);
  const chosen = actions[action];
  if (!chosen) throw new Error(`nobody does "${action}"`);
  let readers: Readers | undefined;
  try {
    const hands: Hands = {
      lab,
      site,
      cluster,
      before: await snapshot(site),
      file: readFileSync(site.sqlconfFile),
    };
    if (!chosen.breaks) readers = startReaders(lab, site);
    const runs: Run[] = [];
    if (point !== undefined) runs.push(await runWithFault(site, killedAfter(point), lab));
    await chosen.act(hands);
    // What a person broke is nowhere any more; what a run must not lose is all the rest.
    const expectNothingLost = chosen.breaks ? undefined : await watchPasswords(lab, site);
    const first = await run(site);
    await expectNothingLost?.();
    const { done, last } = await followAdvice(lab, site, first);
    runs.push(first, last);
    const { active_slot: active } = await site.slotDocument();
    await expectHealthy(site, active === 'A' ? 'A' : 'B');
    const counts = readers && (await expectNoneFailed(readers)).counts;
    return {
      codes: [...runs.map(({ code, signal }) => code ?? String(signal)), ...done],
      canaryLogins: 0,
      ...(counts ? { readers: counts } : {}),
      followed: done,
    };
  } finally {
    await readers?.stop();
    cluster.close();
    await site.remove();
    await dropDefaultUsers(lab);
  }
}

function killedAfter(point: string): { point: string; mode: 'kill-before' | 'kill-after' } {
  return { point, mode: point.startsWith('engine:') ? 'kill-before' : 'kill-after' };
}
