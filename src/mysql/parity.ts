import type { Account, AccountName, Rights } from './accounts';
import type { Grant } from './grants';
import { grantStatements, missingGrants } from './grants';
import { changedRules, rulesClause } from './passwordRules';
import { compareRequirements, limitClause, noRequirement, raisedLimits, requireClause } from './requirements';
import { quoteAccount } from './sqlText';

/** What an account must come up to. */
export interface Model {
  /** The account that OpenEMR uses; undefined when there is none, or it is the very account that is compared. */
  account?: Account | undefined;
  rights: Rights;
}

/** An account, and what it may do. */
export interface KnownAccount {
  account: Account;
  rights: Rights;
}

/** What brings an account up to its model; statements are whole, and hold no secret. */
export interface Parity {
  /** `ALTER USER …` for requirement and limits; the password is not touched. */
  alter: string[];
  grant: string[];
  /** What cannot be brought up, each one sentence with the statement that fixes it. */
  problems: string[];
}

/** Clauses of CREATE USER that make a new account like its model: requirement, limits, password rules. */
export function clausesLike(model: Account | undefined): string {
  const clauses = [
    requireClause(model?.requirement ?? noRequirement),
    limitClause(model?.limits ?? {}),
    rulesClause(model?.passwordRules ?? {}),
  ];
  return clauses.filter((clause) => clause !== '').join(' ');
}

/** How a new account would be made, with the password masked. */
export function maskedCreation(name: AccountName & { plugin?: string }, model: Account | undefined): string {
  const method = name.plugin === undefined ? '' : ` WITH ${name.plugin}`;
  return `CREATE USER ${quoteAccount(name)} IDENTIFIED${method} BY '********' ${clausesLike(model)}`;
}

/** The rights that a new account gets. */
export function firstGrants(name: AccountName, { rights }: Model, mariadb: boolean): string[] {
  return [...grantStatements(rights.grants, name), ...defaultRoles(name, rights.defaultRoles, [], mariadb)];
}

/** Compares an existing account with its model. */
export function parityOf({ account, rights }: KnownAccount, model: Model, mariadb: boolean): Parity {
  const missing = missingGrants(model.rights.grants, rights.grants);
  return {
    ...requirementParity(account, model.account),
    grant: [
      ...grantStatements(missing, account),
      ...defaultRoles(account, model.rights.defaultRoles, rights.defaultRoles, mariadb),
    ],
  };
}

/** True when the account has all that its model has. */
export function isLevel({ alter, grant, problems }: Parity): boolean {
  return alter.length + grant.length + problems.length === 0;
}

function requirementParity(account: Account, model: Account | undefined): Pick<Parity, 'alter' | 'problems'> {
  const name = quoteAccount(account);
  const problems = account.locked
    ? [`The database user ${name} is locked; run ALTER USER ${name} ACCOUNT UNLOCK.`]
    : [];
  if (!model) return { alter: [], problems };
  const order = compareRequirements(account.requirement, model.requirement);
  const wanted = requireClause(model.requirement);
  if (order === 'stricter')
    problems.push(
      `The database user ${name} has stricter requirements for a connection (${requireClause(account.requirement)}) than ${quoteAccount(model)}, ` +
        `which OpenEMR uses (${wanted}), so that OpenEMR might be refused; run ALTER USER ${name} ${wanted}.`,
    );
  const raised = Object.entries(raisedLimits(account.limits, model.limits));
  const clauses = [
    ...(order === 'laxer' ? [wanted] : []),
    ...(raised.length > 0 ? [`WITH ${raised.map(([limit, value]) => `${limit} ${value}`).join(' ')}`] : []),
    ...changedRules(account.passwordRules, model.passwordRules),
  ];
  return { alter: clauses.length === 0 ? [] : [`ALTER USER ${name} ${clauses.join(' ')}`], problems };
}

/** MySQL has a set of default roles, MariaDB one. */
function defaultRoles(
  account: AccountName,
  wanted: readonly string[],
  present: readonly string[],
  mariadb: boolean,
): string[] {
  if (wanted.every((role) => present.includes(role))) return [];
  if (mariadb) return [`SET DEFAULT ROLE ${wanted[0]} FOR ${quoteAccount(account)}`];
  const all = [...new Set([...present, ...wanted])];
  return [`SET DEFAULT ROLE ${all.join(', ')} TO ${quoteAccount(account)}`];
}

/** Rights of an account that has only its schema. */
export function schemaRights(grant: Grant): Rights {
  return { grants: [grant], defaultRoles: [] };
}
