import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Lab, Site } from '../../lab';
import { tools } from '../../lab/package';
import { Boto } from '../lab/support/aws/boto';
import { awsVariables } from '../lab/support/backends';
import type { Facts } from './fixture';
import { fixtureFolder, fixturePassphrase, fixtureSite } from './fixture';

/** A recorded state, with its secrets open, so that it can be made that of another site. */
export interface Recorded {
  facts: Facts;
  /** The backend's folder, as it was recorded. */
  backend: string;
  /** What `pulumi stack export --show-secrets` says. */
  text: string;
  /** Those of the slots, as the world of that state has them. */
  passwords: { A: string; B: string; admin: string };
}

const factsSchema = z.object({
  folder: z.string(),
  host: z.string(),
  port: z.string(),
  slotSecretId: z.string(),
  adminSecretId: z.string(),
});

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() })),
  }),
});

const stackOf = (site: string): string => `organization/openemr-credential-rotation/${site}`;

/** Opens what was recorded of a version. */
export async function recorded(version: string, stage: 'rotated' | 'unfinished'): Promise<Recorded> {
  const folder = fixtureFolder(version);
  const backend = path.join(folder, stage, 'backend');
  const facts = factsSchema.parse(JSON.parse(readFileSync(path.join(folder, 'facts.json'), 'utf8')));
  const place = mkdtempSync(path.join(tmpdir(), 'upgrade-'));
  try {
    cpSync(backend, path.join(place, '.pulumi'), { recursive: true });
    const text = await pulumi(place, place, [
      'stack',
      'export',
      '--show-secrets',
      '--stack',
      stackOf(fixtureSite),
    ]);
    const { resources } = stateSchema.parse(JSON.parse(text)).deployment;
    const passwordOf = (name: string): string => {
      const secret = resources.find(({ urn }) => urn.endsWith(`::${name}`))?.outputs?.['password'];
      const { plaintext } = z.object({ plaintext: z.string() }).parse(secret);
      return z.string().parse(JSON.parse(plaintext));
    };
    const passwords = { A: passwordOf('user-a'), B: passwordOf('user-b'), admin: 'the admin of the new lab' };
    return { facts, backend, text, passwords };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Gives a site, made with these passwords, the recorded state and history as its own. */
export async function adopt(lab: Lab, site: Site, { facts, backend, text }: Recorded): Promise<void> {
  const { PULUMI_BACKEND_URL = '' } = site.environment;
  const place = PULUMI_BACKEND_URL.replace('file://', '');
  site.environment['PULUMI_CONFIG_PASSPHRASE'] = fixturePassphrase;
  // The name of the old site is in the names of its files, its stack, its users.
  for (const name of readdirSync(backend, { recursive: true, encoding: 'utf8' })) {
    const from = path.join(backend, name);
    // Nothing is imported past the lock of the run that was killed.
    if (!statSync(from).isFile() || name.startsWith('locks')) continue;
    const to = path.join(place, '.pulumi', name.replaceAll(fixtureSite, site.name));
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, readFileSync(from, 'utf8').replaceAll(fixtureSite, site.name));
  }
  const file = path.join(site.folder, 'adopted.json');
  writeFileSync(file, await inPlace(lab, site, facts, text));
  await pulumi(place, site.folder, ['stack', 'import', '--file', file, '--stack', stackOf(site.name)]);
  rmSync(file);
}

/** The state with what this machine and this lab have in place of what those had. */
async function inPlace(lab: Lab, site: Site, facts: Facts, text: string): Promise<string> {
  const boto = new Boto({ PATH: process.env['PATH'], ...awsVariables(lab) });
  const secret = async (SecretId: string): Promise<Record<string, unknown>> =>
    boto.call('secretsmanager', 'get_secret_value', { SecretId, VersionStage: 'AWSCURRENT' });
  const [slots, admin] = [await secret(site.slotSecretId), await secret(site.adminSecretId)];
  boto.close();
  const found = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? 'not in this state';
  const sha = createHash('sha256').update(readFileSync(site.sqlconfFile)).digest('hex');
  const changes: [string, string][] = [
    [facts.folder, site.folder],
    [path.dirname(path.dirname(facts.folder)), lab.folder],
    [facts.port, String(lab.database.port)],
    [found(/(http:\/\/127\.0\.0\.1:\d+\/meta\/health\/readyz)/), site.healthUrl],
    [found(/(arn:aws:secretsmanager:[^"\\]*:lab\/upgrade\/slots-\w+)/), String(slots['ARN'])],
    [found(/(arn:aws:secretsmanager:[^"\\]*:lab\/upgrade\/admin-\w+)/), String(admin['ARN'])],
    [found(/slotSecretVersionId\\+":\\+"([^"\\]+)/), String(slots['VersionId'])],
    [found(/sqlconfSha256\\+":\\+"([^"\\]+)/), sha],
  ];
  return [...changes, [fixtureSite, site.name] as const].reduce(
    (all, [before, after]) => all.replaceAll(before, after),
    text,
  );
}

async function pulumi(place: string, cwd: string, args: string[]): Promise<string> {
  writeFileSync(path.join(cwd, 'Pulumi.yaml'), 'name: openemr-credential-rotation\nruntime: nodejs\n');
  const { stdout } = await promisify(execFile)(path.join(tools().pulumi, 'bin', 'pulumi'), args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      PULUMI_HOME: path.join(cwd, 'pulumi-home'),
      PULUMI_BACKEND_URL: `file://${place}`,
      PULUMI_CONFIG_PASSPHRASE: fixturePassphrase,
      PULUMI_SKIP_UPDATE_CHECK: 'true',
    },
  });
  return stdout;
}
