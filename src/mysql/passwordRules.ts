import type { Server } from './server';

/**
 * What an account asks of its own password: how long it lasts, which it may have again, whether it must be told to
 * change it, and how many wrong ones lock it. Undefined is the server's default, as a clause `DEFAULT` says it.
 */
export interface PasswordRules {
  /** Days until it expires; 0 is never. A slot that expires shuts OpenEMR out. */
  lifetime?: number | undefined;
  /** How many passwords before it may not come again. */
  history?: number | undefined;
  /** For how many days one may not come again. */
  reuseInterval?: number | undefined;
  requireCurrent?: boolean | undefined;
  /** Wrong passwords in a row that lock the account, and for how many days; -1 is until it is unlocked. 0 is never. */
  failedAttempts?: number | undefined;
  lockDays?: number | undefined;
}

/** Each rule, the SQL that reads it from `mysql.user u`, and the MySQL that knows it first. */
const mysqlColumns: [name: string, sql: string, since: [number, number, number]][] = [
  ['rule_lifetime', 'u.password_lifetime', [5, 7, 4]],
  ['rule_history', 'u.Password_reuse_history', [8, 0, 3]],
  ['rule_reuse', 'u.Password_reuse_time', [8, 0, 3]],
  ['rule_current', 'u.Password_require_current', [8, 0, 13]],
  [
    'rule_attempts',
    "JSON_EXTRACT(u.User_attributes, '$.Password_locking.failed_login_attempts')",
    [8, 0, 19],
  ],
  ['rule_lock', "JSON_EXTRACT(u.User_attributes, '$.Password_locking.password_lock_time_days')", [8, 0, 19]],
];

/**
 * The columns to read, with their names; MariaDB keeps what it knows, the lifetime, as JSON in `mysql.global_priv g` from
 * 10.4.3 on.
 */
export function ruleColumns({ mariadb, atLeast }: Pick<Server, 'mariadb' | 'atLeast'>): string[] {
  if (mariadb) return atLeast(10, 4, 3) ? ["JSON_VALUE(g.Priv, '$.password_lifetime') AS rule_lifetime"] : [];
  return mysqlColumns.filter(([, , since]) => atLeast(...since)).map(([name, sql]) => `${sql} AS ${name}`);
}

/** The rules in a row with {@link ruleColumns}. */
export function rulesOf(row: Record<string, unknown>): PasswordRules {
  const number = (name: string): number | undefined => {
    const value = row[name] ?? undefined;
    return value === undefined ? undefined : Number(value);
  };
  const lifetime = number('rule_lifetime');
  const current = row['rule_current'] ?? undefined;
  return {
    // MariaDB writes -1 for the default.
    lifetime: lifetime === -1 ? undefined : lifetime,
    history: number('rule_history'),
    reuseInterval: number('rule_reuse'),
    requireCurrent: current === undefined ? undefined : current === 'Y',
    failedAttempts: number('rule_attempts'),
    lockDays: number('rule_lock'),
  };
}

/** The clauses that a new account needs to have these rules; empty when all are the server's defaults. */
export function rulesClause(rules: PasswordRules): string {
  return changedRules({}, rules).join(' ');
}

/**
 * The clauses that give an account the rules of its model. What can shut OpenEMR out (expiry and lock) becomes as in the
 * model, also where that is less strict. What can only refuse a password is made stricter and never laxer.
 */
export function changedRules(own: PasswordRules, model: PasswordRules): string[] {
  const { lifetime, history = 0, reuseInterval = 0, requireCurrent } = model;
  const attempts = [model.failedAttempts ?? 0, model.lockDays ?? 0];
  const locks = attempts.some(
    (value, index) => value !== [own.failedAttempts ?? 0, own.lockDays ?? 0][index],
  );
  return [
    ...(lifetime === own.lifetime ? [] : [`PASSWORD EXPIRE ${expiry(lifetime)}`]),
    ...(history > (own.history ?? 0) ? [`PASSWORD HISTORY ${history}`] : []),
    ...(reuseInterval > (own.reuseInterval ?? 0) ? [`PASSWORD REUSE INTERVAL ${reuseInterval} DAY`] : []),
    ...(requireCurrent === undefined || requireCurrent === own.requireCurrent
      ? []
      : [`PASSWORD REQUIRE CURRENT${requireCurrent ? '' : ' OPTIONAL'}`]),
    ...(locks
      ? [
          `FAILED_LOGIN_ATTEMPTS ${attempts[0]} PASSWORD_LOCK_TIME ${attempts[1] === -1 ? 'UNBOUNDED' : attempts[1]}`,
        ]
      : []),
  ];
}

function expiry(days: number | undefined): string {
  if (days === undefined) return 'DEFAULT';
  return days === 0 ? 'NEVER' : `INTERVAL ${days} DAY`;
}
