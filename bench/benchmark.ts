import type { Lab, Site } from '../lab';
import { pluginOrigin } from '../lab/plugins/origin';
import { measurePod } from './canary';
import { measureEngine } from './engine';
import { measureFloor, useSecretsManagerOf } from './floor';
import { measure, measureAlone } from './measure';
import type { Measured } from './measure';
import type { Results } from './results';
import { measureWayBack } from './wayBack';

/**
 * Measures everything on one site, where a canary can be made.
 * @param warmUps rotations that come first, so that caches and state are as in daily use
 * @throws Error when a run fails
 */
export async function benchmark(lab: Lab, site: Site, repeats: number, warmUps = 2): Promise<Results> {
  useSecretsManagerOf(site);
  const results: Results = {
    database: lab.database.flavour,
    standIn: pluginOrigin(lab.pulumiHome, 'aws') === 'stand-in',
    help: [],
    status: [],
    preview: [],
    rotation: [],
    noOp: [],
    rollback: [],
    canary: { with: [], pod: [] },
    withoutCheckpoints: [],
    wayBack: [],
    floor: [],
    engine: [],
    watched: { rotation: [], preview: [], status: [] },
  };
  for (let made = 0; made < warmUps; made += 1) await good(lab, site, ['--log-json']);
  for (let turn = 0; turn < repeats; turn += 1) {
    results.help.push(await measureAlone(['--help']));
    results.status.push(await good(lab, site, ['status']));
    results.preview.push(await good(lab, site, ['--dry-run', '--log-json']));
    results.floor.push(await measureFloor(lab, site));
    results.rotation.push(await good(lab, site, ['--log-json']));
    results.noOp.push(await good(lab, site, ['--if-older-than', '30d', '--log-json']));
    results.rollback.push(await good(lab, site, ['rollback', '--yes', '--log-json']));
    const unsafe = { PULUMI_EXPERIMENTAL: 'true', PULUMI_SKIP_CHECKPOINTS: 'true' };
    results.withoutCheckpoints.push(await good(lab, site, ['--log-json'], { changes: unsafe }));
    results.canary.pod.push(await measurePod(site));
    results.canary.with.push(await good(lab, site, ['--canary', 'require', '--log-json']));
    results.wayBack.push(await measureWayBack(lab, site));
    results.engine.push(await measureEngine(site));
    const { watched } = results;
    watched.status.push(await good(lab, site, ['status'], { watched: true }));
    watched.preview.push(await good(lab, site, ['--dry-run', '--log-json'], { watched: true }));
    watched.rotation.push(await good(lab, site, ['--log-json'], { watched: true }));
    process.stderr.write(`${turn + 1} of ${repeats} repeats\n`);
  }
  return results;
}

async function good(
  lab: Lab,
  site: Site,
  args: readonly string[],
  conditions: Parameters<typeof measure>[3] = {},
): Promise<Measured> {
  const run = await measure(lab, site, args, conditions);
  if (run.code !== 0) throw new Error(`${args.join(' ')} ended with ${String(run.code)}: ${run.stderr}`);
  return run;
}
