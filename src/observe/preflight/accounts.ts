import { Failure } from '../../failure';
import type { PlannedRotation } from '../../plan/rotationPlan';
import type { Slot } from '../../plan/slot';
import { slots } from '../../plan/slot';
import { resourceNames } from '../../plan/steps';
import type { Comparison } from '../../world/comparison';
import { compareAccount } from '../../world/comparison';
import type { Session } from '../../world/database';
import { maskedCreation } from '../../world/parity';
import { quoteAccount } from '../../world/sqlText';

/** What a plan finds at the slots' accounts in the database. */
export interface AccountFindings {
  /** What would stop it, each one sentence with the statement that mends it. */
  problems: string[];
  /** What it changes, line by line; statements are shown whole, passwords never. */
  differences: string[];
}

/** Compares both slots' accounts with the one that OpenEMR uses. Writes nothing. */
export async function accountFindings(
  { plan, material }: PlannedRotation,
  session: Session,
): Promise<AccountFindings> {
  const findings: AccountFindings = { problems: [], differences: [] };
  if (plan.kind === 'rollback') return findings;
  const inUse = material.before.sqlconf.username;
  for (const slot of slots) {
    const { username, dbname } = material.logins[slot];
    const like = plan.from === 'other' || username === inUse ? undefined : inUse;
    try {
      const compared = await compareAccount(session, { username, dbname, like, inUse });
      findings.problems.push(...problemsOf(compared, plan.mint.includes(slot)));
      findings.differences.push(...differencesOf(slot, compared));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!findings.problems.includes(error.message)) findings.problems.push(error.message);
    }
  }
  return findings;
}

function problemsOf({ parity, foreignSchema, name }: Comparison, setsPassword: boolean): string[] {
  if (foreignSchema === undefined || !setsPassword) return parity.problems;
  return [
    ...parity.problems,
    `The database user ${name.username} has rights on ${foreignSchema} and seems to belong to another OpenEMR; name another username in the slot secret.`,
  ];
}

function differencesOf(slot: Slot, { account, name, model, parity }: Comparison): string[] {
  const as = model.account ? ` (as ${model.account.username})` : '';
  const statements = [
    ...(account ? [] : [maskedCreation(name, model.account)]),
    ...parity.alter,
    ...parity.grant,
  ].map((statement) => `+ ${statement}${as}`);
  const expired = account?.expired === true ? ['~ its password has expired: it is set again'] : [];
  const plain = !account && (model.account?.requirement.type ?? '') === '';
  const note = plain
    ? [
        `  it is let in without TLS, too${as}; when OpenEMR itself uses TLS, run ALTER USER ${quoteAccount(name)} REQUIRE SSL`,
      ]
    : [];
  return [...statements, ...expired, ...note].map((line) => `${resourceNames.user(slot)}: ${line}`);
}
