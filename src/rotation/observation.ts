import type { OtherSite } from './otherSites';
import type { RotationMaterial, RotationPlan } from './rotationPlan';
import type { SlotDocument } from './secretDocument';
import type { DatabaseLogin, Slot } from './slot';
import { slots } from './slot';

/** The world as read before a plan is made. Nothing in it was written. */
export interface Observation {
  slotSecret: { arn: string; versionId: string; text: string; createdAt?: Date; document: SlotDocument };
  adminSecret: { arn: string; login: DatabaseLogin };
  /** `stamp` changes with each edit and says nothing of the content; `sha256` is a secret, as the password in it. */
  sqlconf: { path: string; stamp: string; sha256: string; login: DatabaseLogin; works: boolean };
  /**
   * Whether the logins of the slot secret work. Asked only where that of `sqlconf.php` does not, so that OpenEMR is down:
   * then any login that works is a way back in.
   */
  slotsWork?: Partial<Record<Slot, boolean>>;
  /** What the other sites' files say. */
  otherSites: OtherSite[];
  /** The four database keys of the Kubernetes Secret, decoded. */
  kubernetesSecret: {
    data: Record<string, string>;
    works: boolean;
    /** Whether its login works with the slot secret's password, too. Asked only where {@link slotsOwnLogin} gives one. */
    slotPasswordWorks?: boolean;
  };
  /** The pod template's restart annotation; undefined where it has none. */
  restartedAs?: string | undefined;
}

/** What the stack's state says of the last rotation that was begun. */
export type Journal = FinishedJournal | UnfinishedJournal;

interface BegunRotation {
  plan: RotationPlan;
  /** When it was begun, where the state says so; a plan that was saved for review is older. */
  begunAt?: string;
  /** Versions of the slot secret that the plan has made so far. */
  versionIds: string[];
  /**
   * What the state has as done by this plan. The plugin of Kubernetes compares with the state alone, so what somebody
   * put back since is done again only under a new token.
   */
  recorded: { secret: boolean; restart: boolean };
  /** Passwords that the plan made itself, by slot, as far as they were set in the database; absent without the state's secrets. */
  passwords?: Partial<Record<Slot, string>>;
}

/** Every step of the plan was carried out. */
interface FinishedJournal extends BegunRotation {
  finished: true;
  /** When its last step ended, ISO; absent where the state does not say it. */
  endedAt?: string;
  /** Absent where the state was read without its secrets. */
  material?: RotationMaterial;
}

/** A rotation that is to be taken up, which needs the secret half of its plan. */
export interface UnfinishedJournal extends BegunRotation {
  finished: false;
  material: RotationMaterial;
}

/** Keys of the Kubernetes Secret that OpenEMR's pods read; all other keys stay. */
export const kubernetesSecretKeys = {
  host: 'mysql-host',
  username: 'mysql-user',
  password: 'mysql-password',
  dbname: 'mysql-database',
} as const;

/** The four keys of the Kubernetes Secret for a login. */
export function kubernetesSecretData(login: DatabaseLogin): Record<string, string> {
  return {
    [kubernetesSecretKeys.host]: login.host,
    [kubernetesSecretKeys.username]: login.username,
    [kubernetesSecretKeys.password]: login.password,
    [kubernetesSecretKeys.dbname]: login.dbname,
  };
}

/**
 * The login of the Kubernetes Secret with the password that the slot secret has for that user. Undefined where it is the
 * same, and where it decides nothing: OpenEMR is on that user, or the Secret is not known to work.
 * @param inSecret the Secret's login, where it works
 */
export function slotsOwnLogin(
  { entries }: SlotDocument,
  inSecret: DatabaseLogin | undefined,
  file: { login: DatabaseLogin; works: boolean },
): { slot: Slot; login: DatabaseLogin } | undefined {
  if (inSecret === undefined || (file.works && file.login.username === inSecret.username)) return undefined;
  for (const slot of slots) {
    const entry = entries[slot];
    if (entry.kind !== 'complete' || entry.login.username !== inSecret.username) continue;
    const { password } = entry.login;
    return password === inSecret.password ? undefined : { slot, login: { ...inSecret, password } };
  }
  return undefined;
}

/** The database keys in which a Kubernetes Secret differs from what it was or is to be. */
export function changedKeys(wanted: Record<string, string>, found: Record<string, string>): string[] {
  return Object.values(kubernetesSecretKeys).filter((key) => wanted[key] !== found[key]);
}
