import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../../lab';
import type { Run } from './command';

/** A slot as the secret holds it. */
export interface SlotEntry {
  username: string;
  password: string;
  [key: string]: unknown;
}

/** Everything that a rotation may change, as it is now. */
export interface WorldSnapshot {
  active: string;
  A: SlotEntry;
  B: SlotEntry;
  admin: SlotEntry;
  slots: Record<string, unknown>;
  file: { host: string; port: string; login: string; pass: string; dbase: string };
  secret: Record<string, string>;
  fileHash: string;
  inode: number;
  mode: number;
}

/** Reads the world of a site. */
export async function snapshot(site: Site): Promise<WorldSnapshot> {
  const [slots, admin, file, secret] = await Promise.all([
    site.slotDocument(),
    site.adminDocument(),
    site.sqlconf(),
    site.kubernetesSecretData(),
  ]);
  const { ino, mode } = statSync(site.sqlconfFile);
  return {
    active: String(slots['active_slot']),
    A: slots['A'] as SlotEntry,
    B: slots['B'] as SlotEntry,
    admin: admin as SlotEntry,
    slots,
    file,
    secret,
    fileHash: createHash('sha256').update(readFileSync(site.sqlconfFile)).digest('hex'),
    inode: ino,
    mode: mode & 0o7777,
  };
}

/** What must hold after any run: everything that names a login names one that works, and no two places disagree. */
export async function expectHealthy(site: Site, slot: 'A' | 'B'): Promise<WorldSnapshot> {
  const world = await snapshot(site);
  const live = world[slot];
  expect(world.active, 'active_slot').to.equal(slot);
  expect({ login: world.file.login, pass: world.file.pass === live.password }, 'sqlconf.php').to.deep.equal({
    login: live.username,
    pass: true,
  });
  expect(world.secret['mysql-user'], 'mysql-user').to.equal(live.username);
  expect(world.secret['mysql-password'] === live.password, 'mysql-password').to.equal(true);
  for (const entry of [world.A, world.B, world.admin]) {
    expect(await site.canLogin(entry.username, entry.password), `${entry.username} logs in`).to.equal(true);
  }
  return world;
}

/** The run ended so; its own words are the message otherwise. */
export function expectCode(result: Run, code: number): void {
  expect(result.code, `${result.stdout}\n${result.stderr}`).to.equal(code);
}

/** Every password that the site knows or knew is absent from these texts, in every spelling that could stand there. */
export function expectNoSecret(secrets: Iterable<string>, texts: Record<string, string>): void {
  for (const secret of new Set(secrets)) {
    if (secret.length < 6) continue;
    const forms = [
      secret,
      ...[0, 1, 2].map((offset) => insideBase64(secret, offset)),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('hex'),
      JSON.stringify(secret).slice(1, -1),
    ];
    for (const [name, text] of Object.entries(texts)) {
      expect(
        forms.some((form) => text.includes(form)),
        `a password stands in ${name}`,
      ).to.equal(false);
    }
  }
}

/** No text holds an unkeyed hash of a password, or of a file with one: on a hash anybody can try the passwords of people. */
export function expectNoHash(contents: Iterable<string | Buffer>, texts: Record<string, string>): void {
  for (const content of contents)
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'])
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const hash = createHash(algorithm).update(content).digest(encoding).replace(/=+$/, '');
        for (const [name, text] of Object.entries(texts))
          expect(text.includes(hash), `a hash (${algorithm}, ${encoding}) stands in ${name}`).to.equal(false);
      }
}

/** What a secret is in any base64 text, so many bytes behind a whole group of three. */
function insideBase64(secret: string, offset: number): string {
  const bytes = Buffer.from(secret);
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

/** All files below a folder, as text, by path. */
export function filesBelow(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => path.join(folder, name)).filter((file) => statSync(file).isFile());
  return Object.fromEntries(files.map((file) => [file, readFileSync(file, 'latin1')]));
}

/** State, work folder and engine home of a site: all that a run leaves on disk. */
export function leftOnDisk(site: Site): Record<string, string> {
  const backend = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
  return { ...filesBelow(backend), ...filesBelow(site.environment['CREDENTIAL_ROTATION_HOME'] ?? '') };
}

/** Users with default names are shared by all sites of one database server: take them away after a bootstrap. */
export async function dropDefaultUsers(lab: Lab): Promise<void> {
  await lab.database.root("DROP USER IF EXISTS 'openemr_a'@'%', 'openemr_b'@'%'");
}

/** Changes a user's password behind the tool's back. */
export async function alterPassword(lab: Lab, username: string, password: string): Promise<void> {
  await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ?", [username, password]);
}

/** A sqlconf.php with another login. */
export function replaceLogin(
  file: string,
  { username, password }: Pick<SlotEntry, 'username' | 'password'>,
): string {
  return file
    .replace(/(\$login\s*=\s*)'[^']*'/, (_all, start: string) => `${start}'${username}'`)
    .replace(/(\$pass\s*=\s*)'[^']*'/, (_all, start: string) => `${start}'${password}'`);
}
