import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../lab';
import { projectName } from '../src/settings/settings';
import type { Measured } from './measure';
import { measure } from './measure';
import { phasesOf } from './phases';
import { table } from './table';
import { spreadOf } from './statistics';

/** How many rotations a long history has. */
const manyRotations = 1000;
/** How many sites a big installation has. */
const manySites = 200;

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

/** Measures what grows: stacks side by side, a long history, many sites. Gives lines. */
export async function growth(lab: Lab, stacks: readonly number[], repeats: number): Promise<string[]> {
  const lines: string[] = [];
  for (const count of stacks) lines.push(...(await sideBySide(lab, count)), '');
  const site = await lab.createSite();
  await rotated(lab, site);
  await rotated(lab, site);
  const before = await readingAndRotating(lab, site, repeats);
  lengthenHistory(site);
  const after = await readingAndRotating(lab, site, repeats);
  addSites(site);
  const crowded = await readingAndRotating(lab, site, repeats);
  return [
    ...lines,
    ...table([
      ['Median in s', 'status', 'history', 'dry run', 'rotation', 'of it observing'],
      ['two rotations in the history, one site', ...before],
      [`${manyRotations} rotations in the history`, ...after],
      [`and ${manySites} other sites`, ...crowded],
    ]),
  ];
}

/** So many OpenEMRs of one cluster and one database server rotate at once, each with a stack of its own. */
async function sideBySide(lab: Lab, count: number): Promise<string[]> {
  const sites: Site[] = [];
  for (let made = 0; made < count; made += 1)
    sites.push(await lab.createSite({ name: `side-${count}-${made}`, replicas: 1 }));
  try {
    // The first rotation makes the stack; it is the second that comes repeatedly.
    await Promise.all(sites.map((site) => rotated(lab, site)));
    const started = performance.now();
    const runs = await Promise.all(sites.map((site) => rotated(lab, site)));
    const all = performance.now() - started;
    const { min, median, max } = spreadOf(runs.map(({ wallMs }) => wallMs));
    return [
      `${count} stack(s) side by side: all rotated in ${seconds(all)} s; each in ${seconds(min)} to ${seconds(max)} s (median ${seconds(median)}), ` +
        `${seconds(all / count)} s for each one.`,
    ];
  } finally {
    await Promise.all(sites.map((site) => site.remove()));
  }
}

async function rotated(lab: Lab, site: Site, args: readonly string[] = ['--log-json']): Promise<Measured> {
  const run = await measure(lab, site, args);
  if (run.code !== 0) throw new Error(`${site.name}: exit code ${String(run.code)}: ${run.stderr}`);
  return run;
}

async function readingAndRotating(lab: Lab, site: Site, repeats: number): Promise<string[]> {
  const times: number[][] = [[], [], [], [], []];
  for (let turn = 0; turn < repeats; turn += 1) {
    const runs = [
      await rotated(lab, site, ['status']),
      await rotated(lab, site, ['history']),
      await rotated(lab, site, ['--dry-run']),
      await rotated(lab, site),
    ];
    const observing = phasesOf(runs[3] as Measured).find(({ name }) => name.startsWith('observe'))?.ms ?? 0;
    [...runs.map(({ wallMs }) => wallMs), observing].forEach((ms, index) => times[index]?.push(ms));
  }
  return times.map((each) => seconds(spreadOf(each).median));
}

/** Copies the newest entry of the history until there are many, with names and times as the engine would have made them. */
function lengthenHistory(site: Site): void {
  const backend = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
  const folder = path.join(backend, '.pulumi', 'history', projectName, site.name);
  const names = readdirSync(folder);
  const newest =
    names
      .filter((name) => name.endsWith('.history.json'))
      .sort()
      .at(-1) ?? '';
  const [, nanoseconds = ''] = /-(\d+)\.history\.json$/.exec(newest) ?? [];
  const secondsAgo = (back: number): string =>
    String(BigInt(nanoseconds) - BigInt(back) * 86_400_000_000_000n);
  for (let back = 1; back <= manyRotations; back += 1) {
    for (const kind of ['history.json', 'checkpoint.json']) {
      const from = path.join(folder, `${site.name}-${nanoseconds}.${kind}`);
      const to = path.join(folder, `${site.name}-${secondsAgo(back)}.${kind}`);
      if (kind === 'history.json') writeFileSync(to, earlier(readFileSync(from, 'utf8'), back));
      else copyFileSync(from, to);
      copyFileSync(`${from}.attrs`, `${to}.attrs`);
    }
  }
}

/** An entry of so many days before, of a rotation of its own. */
function earlier(text: string, daysBack: number): string {
  const entry = JSON.parse(text) as { startTime: number; endTime: number; config: Record<string, unknown> };
  const id = /\d{8}-\d{6}-[0-9a-f]{6}/.exec(text)?.[0] ?? '';
  const own = `${id.slice(0, -6)}${daysBack.toString(16).padStart(6, '0')}`;
  const shift = daysBack * 86_400;
  const moved = { ...entry, startTime: entry.startTime - shift, endTime: entry.endTime - shift };
  return JSON.stringify(moved).replaceAll(id, own);
}

/** Other sites of the same installation, each with an account and a schema of its own. */
function addSites(site: Site): void {
  const text = readFileSync(site.sqlconfFile, 'utf8');
  for (let made = 1; made <= manySites; made += 1) {
    const folder = path.join(site.sitesRoot, `clinic${made}`);
    mkdirSync(folder, { recursive: true });
    const own = text
      .replace(/(\$login\s*=\s*)'[^']*'/, `$1'clinic${made}'`)
      .replace(/(\$dbase\s*=\s*)'[^']*'/, `$1'clinic${made}'`);
    writeFileSync(path.join(folder, 'sqlconf.php'), own);
  }
}
