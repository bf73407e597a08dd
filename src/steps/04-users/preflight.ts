import { Failure } from '../../base/failure';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import { resourceNames } from '../../rotation/steps';
import type { Comparison } from '../../mysql/comparison';
import { compareAccount } from '../../mysql/comparison';
import type { Session } from '../../mysql/database';
import { expiryOf, mayExpireInUse } from '../../mysql/expiry';
import { maskedCreation } from '../../mysql/parity';
import { quoteAccount } from '../../mysql/sqlText';

/** What a plan finds at the slots' accounts in the database. */
export interface AccountFindings {
  /** What would stop it, each one sentence with the statement that fixes it. */
  problems: Failure[];
  /** What it changes, line by line; statements are shown whole, passwords never. */
  differences: string[];
  /** What an operator should know and do, each a sentence without its full stop. */
  notices: string[];
}

/** Those, and the statements by which rights would be given. */
export interface ComparedAccounts extends AccountFindings {
  grants: string[];
}

/**
 * Compares both slots' accounts with the one that OpenEMR uses. Writes nothing.
 * @param isOfSlot whether an account is ours, whatever rights it has; asked only of one that seems to be somebody else's
 */
export async function accountFindings(
  { plan, material }: PlannedRotation,
  session: Session,
  isOfSlot: (slot: Slot) => Promise<boolean>,
): Promise<ComparedAccounts> {
  const findings: ComparedAccounts = { problems: [], differences: [], notices: [], grants: [] };
  if (plan.kind === 'rollback') return findings;
  const inUse = material.before.sqlconf.username;
  for (const slot of slots) {
    const { username, dbname } = material.logins[slot];
    const like = plan.from === 'other' || username === inUse ? undefined : inUse;
    try {
      const compared = await compareAccount(session, { username, dbname, like, inUse });
      const isOurs = compared.foreignSchema === undefined || (await isOfSlot(slot));
      findings.problems.push(...problemsOf(compared, isOurs));
      findings.differences.push(...differencesOf(slot, compared));
      findings.grants.push(...compared.parity.grant);
      findings.notices.push(...noticesOf(slot, compared));
      const keepsPassword = slot === plan.to && plan.kind !== 'sync' && !plan.mint.includes(slot);
      if (keepsPassword) findings.notices.push(...(await expiryNotices(session, compared)));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!findings.problems.some(({ message }) => message === error.message)) findings.problems.push(error);
    }
  }
  return findings;
}

function problemsOf({ parity, foreignSchema, name }: Comparison, isOurs: boolean): Failure[] {
  const foreign =
    foreignSchema === undefined || isOurs
      ? []
      : [
          `The database user ${name.username} has rights on ${foreignSchema} and seems to belong to another OpenEMR; name another username in the slot secret.`,
        ];
  return [...parity.problems, ...foreign].map((problem) => new Failure('account-differs', problem));
}

function differencesOf(slot: Slot, { account, name, model, parity }: Comparison): string[] {
  const as = model.account ? ` (as ${model.account.username})` : '';
  const statements = [
    ...(account ? [] : [maskedCreation(name, model.account)]),
    ...parity.alter,
    ...parity.grant,
  ].map((statement) => `+ ${statement}${as}`);
  const expired = account?.expired === true ? ['~ its password has expired: it is set again'] : [];
  return [...statements, ...expired].map((line) => `${resourceNames.user(slot)}: ${line}`);
}

/** The account that OpenEMR moves to, with a password that was set when OpenEMR left it, and the rule that step 4 gives it. */
async function expiryNotices(session: Session, { account, model }: Comparison): Promise<string[]> {
  if (account === undefined || account.expired) return [];
  // The rule is that of the account in use: what is changed there comes over.
  const ruling = model.account ?? account;
  const expiry = await expiryOf(session, account, ruling.passwordRules.lifetime);
  if (expiry === undefined || !mayExpireInUse(expiry)) return [];
  const { lifetime, age } = expiry;
  return [
    `the password of ${account.username}, ${age} days old, expires ${lifetime - age} days from now, and OpenEMR is shut out then; rotate before that, or run ALTER USER ${quoteAccount(ruling)} PASSWORD EXPIRE NEVER`,
  ];
}

/** A new account asks no more of a connection than the one in use: OpenEMR, which may not speak TLS, must get in. */
function noticesOf(slot: Slot, { account, name, model }: Comparison): string[] {
  if (account || (model.account?.requirement.type ?? '') !== '') return [];
  const as = model.account ? `, as ${model.account.username} is` : '';
  return [
    `the new user of slot ${slot} is let in without TLS, too${as}; when OpenEMR itself uses TLS, run ALTER USER ${quoteAccount(name)} REQUIRE SSL`,
  ];
}
