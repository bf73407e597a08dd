import * as pulumi from '@pulumi/pulumi';
import { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion';
import { RandomPassword } from '@pulumi/random/randomPassword';
import { timesAgain } from '../../rotation/remint';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { parseSlotDocument, renderSlotDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import { resourceNames } from '../../rotation/steps';
import { scrubber } from '../../secrecy/scrubber';
import { passwordLength, passwordSpecials } from '../../secrecy/password';
import type { Chain } from '../chain';

/** The slots' passwords before the switch, and the renewed one. All are secret outputs. */
export interface Passwords {
  before: Record<Slot, pulumi.Output<string>>;
  after: pulumi.Output<string>;
}

/** Makes the passwords of this rotation; they are in the state, encrypted, before anything else learns them. */
export function mintPasswords(chain: Chain, { plan, material }: PlannedRotation): Passwords {
  const mint = (slot: Slot): pulumi.Output<string> =>
    chain
      .add(newPassword(resourceNames.password(slot, plan.id, timesAgain(plan, slot)), chain))
      .result.apply(kept);
  const before = (slot: Slot): pulumi.Output<string> => {
    const known = material.logins[slot].password;
    if (known !== undefined) return pulumi.secret(known);
    return plan.mint.includes(slot) ? mint(slot) : pulumi.secret('');
  };
  const passwords = { A: before('A'), B: before('B') };
  return { before: passwords, after: plan.renew ? mint(plan.renew) : pulumi.secret('') };
}

/** Nothing that comes after learns a password before the scrubber does. */
function kept(password: string): string {
  scrubber.register(password);
  return password;
}

function newPassword(name: string, chain: Chain): RandomPassword {
  const some = { minLower: 1, minUpper: 1, minNumeric: 1, minSpecial: 1 };
  return new RandomPassword(
    name,
    { length: passwordLength, special: true, overrideSpecial: passwordSpecials, ...some },
    chain.options(),
  );
}

/** Stores the slot document with these passwords under a label of ours; AWSCURRENT does not move. */
export function storeVersion(
  chain: Chain,
  { plan, material }: PlannedRotation,
  version: {
    name: string;
    label: string;
    active: Slot;
    passwords: Partial<Record<Slot, pulumi.Output<string>>>;
  },
): SecretVersion {
  const document = parseSlotDocument(material.slotDocument);
  if (!document.ok) throw new Error('the planned slot document is not valid');
  const { json } = document.value;
  const changed = slots.filter((slot) => version.passwords[slot] !== undefined);
  const text = pulumi.all(changed.map((slot) => version.passwords[slot] ?? '')).apply((passwords) => {
    const logins: Partial<Record<Slot, DatabaseLogin>> = {};
    changed.forEach(
      (slot, index) => (logins[slot] = { ...material.logins[slot], password: passwords[index] ?? '' }),
    );
    return renderSlotDocument(json, version.active, logins);
  });
  const options = { ...chain.options(), ignoreChanges: ['secretString', 'versionStages'] };
  return chain.add(
    new SecretVersion(
      version.name,
      {
        secretId: plan.slotSecretArn,
        secretString: pulumi.secret(chain.guarded(text)),
        versionStages: [version.label],
      },
      options,
    ),
  );
}
