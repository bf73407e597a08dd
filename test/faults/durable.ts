import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { secretUnder, stagesOf } from '../lab/support/secrets';

interface Login {
  username?: string;
  password?: string;
}

/**
 * What must hold also before anybody has run again: every account that the secrets name has its working password in a
 * labelled version, and the slot that AWSCURRENT calls active logs in.
 */
export async function expectNothingLost(lab: Lab, site: Site): Promise<void> {
  const versions = await labelledVersions(site, site.slotSecretId);
  const admins = await labelledVersions(site, site.adminSecretId);
  const logins = [
    ...versions.flatMap(({ A, B }) => [A, B] as (Login | undefined)[]),
    ...(admins as Login[]),
  ].filter((login): login is Required<Login> => Boolean(login?.username) && Boolean(login?.password));
  const names = new Set(logins.map(({ username }) => username));
  for (const name of names) {
    const [account] = await lab.database.root('SELECT 1 FROM mysql.user WHERE user = ?', [name]);
    if (account === undefined) continue;
    const known = [
      ...new Set(logins.filter(({ username }) => username === name).map((each) => each.password)),
    ];
    const answers = await Promise.all(known.map((password) => site.canLogin(name, password)));
    expect(answers, `${name}: a labelled version holds its password`).to.include(true);
  }
  const current = await site.slotDocument();
  const active = current[String(current['active_slot'])] as Login | undefined;
  if (active?.username && active.password)
    expect(await site.canLogin(active.username, active.password), 'the active slot of AWSCURRENT').to.equal(
      true,
    );
}

/** The documents of all labelled versions of a secret. */
async function labelledVersions(site: Site, secretId: string): Promise<Record<string, unknown>[]> {
  const labels = Object.values(await stagesOf(site, secretId)).map(([first]) => first);
  const texts = await Promise.all(
    labels.filter((label) => label !== undefined).map((label) => secretUnder(site, secretId, label)),
  );
  return texts.map((text) => JSON.parse(text ?? '{}') as Record<string, unknown>);
}
