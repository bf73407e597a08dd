import { kubernetesSecretKeys } from '../../rotation/observation';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import { versionUnder } from '../../rotation/labels';
import { adminLabel, pendingOfThisTool } from '../../aws/adminPendingId';
import { valueOf } from '../../base/part';
import { keysToLeave } from '../../kubernetes/secretOwner';
import type { StatusFacts } from './facts';
import type { Placed } from './places';
import { slotNames } from '../../rotation/secretDocument';
import { pendingWords } from './pendingWords';
import { placeOf } from './places';

/** Kinds of disagreement; the names are stable, for programs. */
export const driftKinds = [
  'live-login-refused',
  'neither-slot',
  'active-slot',
  'endpoint',
  'stale-password',
  'kubernetes-secret',
  'kubernetes-login-refused',
  'slot-login-refused',
  'admin-login-refused',
  'pending-label',
  'other-owner',
  'state',
  'rollout',
] as const;

/** A kind of disagreement. */
export type DriftKind = (typeof driftKinds)[number];

/** One disagreement: what it is, and what fixes it, each one sentence without any secret. */
export interface Drift {
  kind: DriftKind;
  text: string;
  mend: string;
}

const rotate = 'Run credential-rotation: it fixes this.';

/** What lets OpenEMR in again where its login is refused: a rotation, while any other login works, else the repair. */
export function wayBackIn(facts: StatusFacts): string {
  const { sqlconf, slotSecret, kubernetesSecret, logins, repairProblem } = facts;
  const [file, document] = [valueOf(sqlconf), valueOf(slotSecret)?.document];
  const isOther = file && document && placeOf(file.login, slotNames(document)).slot === 'other';
  // As for a rotation (`letsIn`): the Secret may name somebody who is no slot's user, such as the master user.
  const inSecret = valueOf(kubernetesSecret)?.login;
  const ofSlot = inSecret && document && placeOf(inSecret, slotNames(document)).slot !== 'other';
  const works = [logins.A, logins.B, ...(ofSlot === true ? [logins.kubernetesSecret] : [])].includes('works');
  return isOther === true || works
    ? 'Run credential-rotation: it moves OpenEMR to a login that works.'
    : (repairProblem ??
        'Run credential-rotation --sync-db-users: it sets the user to the password that OpenEMR has.');
}

/** Every disagreement between the places that name a login, the most urgent first. Parts that were not read say nothing. */
export function driftOf(facts: StatusFacts): Drift[] {
  const drift = [
    ...fileDrift(facts),
    ...secretDrift(facts),
    ...kubernetesDrift(facts),
    ...loginDrift(facts),
    ...ownerDrift(facts),
    ...adminEndpointDrift(facts),
    ...stateDrift(facts),
    ...statePasswordDrift(facts),
    ...rolloutDrift(facts),
  ];
  return drift.sort((one, two) => driftKinds.indexOf(one.kind) - driftKinds.indexOf(two.kind));
}

function fileDrift(facts: StatusFacts): Drift[] {
  const { sqlconf, slotSecret, logins } = facts;
  const file = valueOf(sqlconf);
  if (!file) return [];
  const found: Drift[] = [];
  const { username } = file.login;
  if (logins.sqlconf === 'denied')
    found.push({
      kind: 'live-login-refused',
      text: `The database refuses the login of ${username} that ${file.path} names: OpenEMR cannot log in.`,
      mend: wayBackIn(facts),
    });
  const document = valueOf(slotSecret)?.document;
  if (!document) return found;
  const { slot } = placeOf(file.login, slotNames(document));
  if (slot === 'other')
    found.push({
      kind: 'neither-slot',
      text: `${file.path} names ${username}, which is neither slot's user.`,
      mend: 'Run credential-rotation: it creates both users and moves OpenEMR to slot A.',
    });
  else if (slot !== document.active)
    found.push({
      kind: 'active-slot',
      text: `${file.path} names slot ${slot}, and active_slot in the slot secret is ${document.active}.`,
      mend: `Run credential-rotation: OpenEMR stays on slot ${slot} and the slot secret follows.`,
    });
  return found;
}

function secretDrift({ sqlconf, slotSecret }: StatusFacts): Drift[] {
  const [file, secret] = [valueOf(sqlconf), valueOf(slotSecret)];
  if (!file || !secret) return [];
  const { slot } = placeOf(file.login, slotNames(secret.document));
  if (slot === 'other') return [];
  const entry = secret.document.entries[slot];
  if (entry.kind !== 'complete') return [];
  if (!sameEndpoint(entry.login, file.login))
    return [
      {
        kind: 'endpoint',
        text: `${file.path} uses slot ${slot} at ${endpoint(file.login)}, and the slot secret says ${endpoint(entry.login)}.`,
        mend: 'Make host, port and dbname agree in both by hand: a rotation is refused until then.',
      },
    ];
  if (entry.login.password === file.login.password) return [];
  return [
    {
      kind: 'stale-password',
      text: `Slot ${slot}'s password in the slot secret is not the one in ${file.path}.`,
      mend: rotate,
    },
  ];
}

function kubernetesDrift({ sqlconf, slotSecret, kubernetesSecret, logins }: StatusFacts): Drift[] {
  const secret = valueOf(kubernetesSecret);
  if (!secret) return [];
  const found: Drift[] = [];
  const name = `Kubernetes Secret ${secret.name}`;
  const add = (text: string, mend = rotate): number => found.push({ kind: 'kubernetes-secret', text, mend });
  if (secret.immutable)
    add(`${name} is immutable, so that no rotation can change it.`, 'Replace it by one that can be changed.');
  const missing = Object.values(kubernetesSecretKeys).filter((key) => secret.data[key] === undefined);
  if (missing.length > 0) add(`${name} lacks ${missing.join(', ')}.`);
  if (logins.kubernetesSecret === 'denied')
    found.push({
      kind: 'kubernetes-login-refused',
      text: `The database refuses the login of ${secret.login?.username} that ${name} names: a new pod cannot use it.`,
      mend: rotate,
    });
  const file = valueOf(sqlconf);
  if (!file || !secret.login) return found;
  const names = valueOf(slotSecret) && slotNames(valueOf(slotSecret)!.document);
  const [here, there] = [placeOf(secret.login, names), placeOf(file.login, names)];
  if (secret.login.username !== file.login.username)
    add(`${name} names ${describePlace(here)}, and ${file.path} names ${describePlace(there)}.`);
  else if (!sameEndpoint(secret.login, file.login))
    add(`${name} names ${endpoint(secret.login)}, and ${file.path} names ${endpoint(file.login)}.`);
  else if (secret.login.password !== file.login.password)
    add(`${name} has another password for ${describePlace(here)} than ${file.path}.`);
  return found;
}

function loginDrift({ sqlconf, slotSecret, adminSecret, logins }: StatusFacts): Drift[] {
  const found: Drift[] = [];
  const document = valueOf(slotSecret)?.document;
  const file = valueOf(sqlconf)?.login;
  for (const slot of slots) {
    const entry = document?.entries[slot];
    if (logins[slot] !== 'denied' || entry?.kind !== 'complete') continue;
    // The live account is told of with the file, unless the secret has another password for it.
    const live = file?.username === entry.login.username;
    if (live && file?.password === entry.login.password) continue;
    found.push({
      kind: 'slot-login-refused',
      text: `The database refuses ${entry.login.username} with the password that the slot secret has for slot ${slot}.`,
      mend: live
        ? rotate
        : `Run credential-rotation --sync-db-users, or a rotation: both set slot ${slot}'s user to the slot secret.`,
    });
  }
  const { admin } = logins;
  const id = valueOf(adminSecret)?.id ?? 'the admin secret';
  if (admin?.kind === 'refused') found.push(adminRefused(admin.reason));
  if (admin?.kind === 'works' && admin.stage !== 'AWSCURRENT')
    found.push({
      kind: 'admin-login-refused',
      text: `The database refuses the admin's password under AWSCURRENT of ${id}; the one under ${admin.stage} works.`,
      mend: 'Run credential-rotation: it makes the password that works the current one.',
    });
  return found;
}

function adminRefused(reason: string): Drift {
  const [text, mend] = reason.split('; ');
  const next = mend === undefined ? rotate : `${mend.charAt(0).toUpperCase()}${mend.slice(1)}`;
  return { kind: 'admin-login-refused', text: `${text}.`, mend: next };
}

function ownerDrift({ slotSecret, adminSecret, kubernetesSecret, logins }: StatusFacts): Drift[] {
  const found: Drift[] = [];
  const inCluster = valueOf(kubernetesSecret);
  if (inCluster?.owner !== undefined) {
    const name = `Kubernetes Secret ${inCluster.name}`;
    found.push({
      kind: 'other-owner',
      text: `${name} ${inCluster.owner}, which would put an old password back; a rotation is refused.`,
      mend: `Take the keys ${keysToLeave} of ${name} out of its hands, and leave them in the Secret.`,
    });
  }
  const admin = valueOf(adminSecret);
  for (const secret of [valueOf(slotSecret), admin]) {
    if (!secret) continue;
    const { id, owner, stages, versionId } = secret;
    if (owner !== undefined) {
      const [text = '', mend] = owner.split('; ');
      found.push({
        kind: 'other-owner',
        text: `Secret ${id} ${text}; a rotation is refused.`,
        mend: `Secret ${id}: ${mend ?? 'leave it to its owner'}.`,
      });
    }
    const [ours] = pendingOfThisTool(stages);
    const pending = versionUnder(stages, 'AWSPENDING') ?? ours;
    if (pending === undefined || pending === versionId) continue;
    const own = adminLabel(pending);
    const label = pending === ours && stages[pending]?.includes(own) === true ? own : 'AWSPENDING';
    if (secret === admin && pending === ours)
      found.push({ kind: 'pending-label', ...pendingWords(secret, pending, label, logins.otherPending) });
    else
      found.push({
        kind: 'pending-label',
        text: `Secret ${id} has a version under ${label} (${pending}): a rotation of it was started and not finished.`,
        mend: secret === admin ? rotate : 'Find out who set the label, and remove it.',
      });
  }
  return found;
}

function stateDrift({ sqlconf, slotSecret, state }: StatusFacts): Drift[] {
  const journal = valueOf(state)?.journal;
  const [file, document] = [valueOf(sqlconf), valueOf(slotSecret)?.document];
  if (!journal?.finished || !file || !document || journal.plan.kind === 'sync') return [];
  const { slot } = placeOf(file.login, slotNames(document));
  const { id, to } = journal.plan;
  if (slot === to) return [];
  return [
    {
      kind: 'state',
      text: `Rotation ${id}, the last one, left OpenEMR on ${placeText(to)}, and ${file.path} names ${placeText(slot)}: somebody else changed it.`,
      mend: rotate,
    },
  ];
}

/** Where the admin secret names another server than the slots: a rotation would change users of that one. */
function adminEndpointDrift({ slotSecret, adminSecret, logins: { admin } }: StatusFacts): Drift[] {
  const [secret, adminPart] = [valueOf(slotSecret), valueOf(adminSecret)];
  if (!secret || !adminPart) return [];
  const named = slots.flatMap((slot) => {
    const entry = secret.document.entries[slot];
    return entry.kind === 'complete' ? [{ slot, login: entry.login }] : [];
  });
  const other = named.find(({ login }) => server(login) !== server(adminPart.login));
  // Two names of one server are fine: a rotation asks the server, too.
  if (!other || (admin?.kind === 'works' && admin.sameServer === true)) return [];
  const proved = admin?.kind === 'works' && admin.sameServer === false;
  const text =
    `The admin secret names the database at ${server(adminPart.login)}, and slot ${other.slot} in the slot secret ` +
    `${server(other.login)}${proved ? ', and these are two servers.' : '; whether these are one server cannot be seen.'}`;
  return [{ kind: 'endpoint', text, mend: 'Make host and port agree in both secrets by hand.' }];
}

/** The passwords that the last run left, against those of the slot secret: of both slots, for one waits to be live. */
function statePasswordDrift({ slotSecret, state }: StatusFacts): Drift[] {
  const { journal, slotPasswords = {} } = valueOf(state) ?? {};
  const document = valueOf(slotSecret)?.document;
  if (!journal?.finished || !document) return [];
  return slots.flatMap((slot): Drift[] => {
    const entry = document.entries[slot];
    const known = slotPasswords[slot];
    if (known === undefined || (entry.kind === 'complete' && entry.login.password === known)) return [];
    const has = entry.kind === 'complete' ? 'another' : 'no';
    const text = `The slot secret has ${has} password for slot ${slot}, and run ${journal.plan.id} left one in the state: somebody else changed it.`;
    return [{ kind: 'state', text, mend: rotate }];
  });
}

function rolloutDrift({ deployment }: StatusFacts): Drift[] {
  const found = valueOf(deployment);
  if (found?.rollout.kind !== 'failed') return [];
  return [
    {
      kind: 'rollout',
      text: `Deployment ${found.name} does not roll out: ${found.rollout.reason}.`,
      mend: 'Look at its newest pods with kubectl describe.',
    },
  ];
}

/** A place in words. */
export function placeText(place: Slot | 'other'): string {
  return place === 'other' ? 'an account that is neither slot' : `slot ${place}`;
}

function describePlace({ slot, username }: Placed): string {
  return slot === 'A' || slot === 'B' ? `slot ${slot} (${username})` : username;
}

function server({ host, port }: DatabaseLogin): string {
  return `${host.toLowerCase()}:${port}`;
}

function endpoint({ host, port, dbname }: DatabaseLogin): string {
  return `${host}:${port}/${dbname}`;
}

function sameEndpoint(one: DatabaseLogin, two: DatabaseLogin): boolean {
  return (
    one.host.toLowerCase() === two.host.toLowerCase() && one.port === two.port && one.dbname === two.dbname
  );
}
