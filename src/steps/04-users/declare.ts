import type * as pulumi from '@pulumi/pulumi';
import type { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion';
import { versionLabels } from '../../rotation/labels';
import { timesAgainBeforeFlip, timesAgainInAll } from '../../rotation/remint';
import type { PlannedRotation, RotationPlan } from '../../rotation/rotationPlan';
import { parseSlotDocument } from '../../rotation/secretDocument';
import type { Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import { resourceNames } from '../../rotation/steps';
import type { OldPasswordRules } from '../oldPassword';
import type { Chain } from '../chain';
import type { StepSettings } from '../../target/programSettings';
import type { Passwords } from './versions';
import { storeVersion } from './versions';

/** Versions of the slot secret that a rotation stores before the switch. */
export interface StoredVersions {
  flipVersion?: SecretVersion;
  renewalVersion?: SecretVersion;
}

/**
 * Step 4: the labelled versions, and the users that the switch needs. A repair begins with the user that OpenEMR is on:
 * whatever fails after it, OpenEMR is in again.
 */
export function userSteps(
  chain: Chain,
  planned: PlannedRotation,
  settings: StepSettings,
  passwords: Passwords,
): StoredVersions {
  const { plan, material } = planned;
  const usernameInUse = plan.from === 'other' ? undefined : material.before.sqlconf.username;
  const bringUp = (slot: Slot): void =>
    userOfSlot(chain, planned, settings, {
      slot,
      password: passwords.before[slot],
      like: usernameInUse,
      // What the rotation before has kept of the slot that OpenEMR moves to: only a rotation ends it.
      ...(plan.renew !== null && slot === plan.to ? { oldPassword: 'end' } : {}),
    });
  const needed = slots.filter((each) => needsUser(plan, each));
  const first = needed.filter((slot) => plan.kind === 'sync' && slot === plan.from);
  first.forEach(bringUp);
  const stored = storeVersions(chain, planned, passwords);
  needed.filter((slot) => !first.includes(slot)).forEach(bringUp);
  return stored;
}

/** Slots whose users must be right before the switch. The one that OpenEMR leaves works, or is renewed after it. */
function needsUser(plan: RotationPlan, slot: Slot): boolean {
  return plan.kind === 'switch-back' ? slot === plan.to : slot !== plan.renew;
}

/** The document after the flip, and the document after the renewal; both are stored before the switch. */
function storeVersions(chain: Chain, planned: PlannedRotation, passwords: Passwords): StoredVersions {
  const { plan, material } = planned;
  const active = plan.to === 'other' ? 'A' : plan.to;
  if (plan.kind === 'sync' && plan.mint.length === 0) return {};
  // A slot that is renewed and has no password yet gets one only in the later document.
  const known = (slot: Slot): boolean =>
    material.logins[slot].password !== undefined || plan.mint.includes(slot);
  const before = Object.fromEntries(slots.filter(known).map((slot) => [slot, passwords.before[slot]]));
  const flipVersion = storeVersion(chain, planned, {
    name: resourceNames.flipVersion(plan.id, timesAgainBeforeFlip(plan)),
    label: versionLabels.flipped,
    active: plan.kind === 'sync' ? activeOf(planned) : active,
    passwords: before,
  });
  if (!plan.renew) return { flipVersion };
  const renewalVersion = storeVersion(chain, planned, {
    name: resourceNames.renewalVersion(plan.id, timesAgainInAll(plan)),
    label: versionLabels.renewed,
    active,
    passwords: { ...before, [plan.renew]: passwords.after },
  });
  return { flipVersion, renewalVersion };
}

/** A sync leaves `active_slot` as the document has it. */
function activeOf({ material }: PlannedRotation): Slot {
  const document = parseSlotDocument(material.slotDocument);
  // It was read by the same rules when the plan was made.
  if (!document.ok) throw new TypeError(`the plan's slot document: ${document.problems.join('; ')}`);
  return document.value.active;
}

/** A slot's user, and what is special about it in a step. */
export interface UserOfSlot extends OldPasswordRules {
  slot: Slot;
  password: pulumi.Output<string>;
  like?: string | undefined;
}

/** The database user of a slot, in step 4 or 10. */
export function userOfSlot(
  chain: Chain,
  { plan, material }: PlannedRotation,
  { context, idleGraceSeconds: graceSeconds }: StepSettings,
  { slot, password, like, ...old }: UserOfSlot,
): void {
  const { username, host, port, dbname } = material.logins[slot];
  const model = like === undefined || like === username ? {} : { like };
  const inputs = {
    context,
    slot,
    username,
    host,
    port,
    dbname,
    password,
    repair: plan.kind === 'sync',
    graceSeconds,
    ...(plan.deadSecret === true ? { deadSecret: true } : {}),
    ...model,
    ...old,
  };
  chain.dynamic('DatabaseUser', resourceNames.user(slot), inputs, ['password']);
}
