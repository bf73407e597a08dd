import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { secretUnder, stagesOf } from '../lab/support/secrets';

interface Login {
  username?: string;
  password?: string;
}

/**
 * What must hold also before anybody has run again: an account has its working password in a labelled version if it had
 * it at the start, or was not there; and the slot that AWSCURRENT calls active logs in.
 */
export async function watchPasswords(lab: Lab, site: Site): Promise<() => Promise<void>> {
  const before = await accountsOf(lab, site);
  return async () => {
    for (const [name, isKnown] of await accountsOf(lab, site))
      if (before.get(name) !== false)
        expect(isKnown, `${name}: a labelled version holds its password`).to.equal(true);
    const current = await site.slotDocument();
    const active = current[String(current['active_slot'])] as Login | undefined;
    if (active?.username && active.password)
      expect(await site.canLogin(active.username, active.password), 'AWSCURRENT logs in').to.equal(true);
  };
}

/** The accounts that the secrets name and the database has: whether a labelled version holds the password. */
async function accountsOf(lab: Lab, site: Site): Promise<Map<string, boolean>> {
  const slots = await labelledVersions(site, site.slotSecretId);
  const admins = (await labelledVersions(site, site.adminSecretId)) as Login[];
  const logins = [...slots.flatMap(({ A, B }) => [A, B] as (Login | undefined)[]), ...admins];
  const accounts = new Map<string, boolean>();
  for (const { username = '', password = '' } of logins.filter((login) => login !== undefined)) {
    if (username === '' || password === '' || accounts.get(username) === true) continue;
    const found = await lab.database.root('SELECT 1 FROM mysql.user WHERE user = ?', [username]);
    if (found.length > 0) accounts.set(username, await site.canLogin(username, password));
  }
  return accounts;
}

/** The documents of all labelled versions of a secret. */
async function labelledVersions(site: Site, secretId: string): Promise<Record<string, unknown>[]> {
  const labels = Object.values(await stagesOf(site, secretId)).map(([first]) => first);
  const texts = await Promise.all(
    labels.filter((label) => label !== undefined).map((label) => secretUnder(site, secretId, label)),
  );
  return texts.map((text) => JSON.parse(text ?? '{}') as Record<string, unknown>);
}
