import { quoteText } from './sqlText';

/** What an account asks of a connection before it lets it in: `REQUIRE …`. */
export interface Requirement {
  /** As mysql.user has it: empty for none, ANY for TLS, X509 for a certificate, SPECIFIED for a certain one. */
  type: '' | 'ANY' | 'X509' | 'SPECIFIED';
  cipher: string;
  issuer: string;
  subject: string;
}

/** No requirement. */
export const noRequirement: Requirement = { type: '', cipher: '', issuer: '', subject: '' };

const limitNames = {
  max_questions: 'MAX_QUERIES_PER_HOUR',
  max_updates: 'MAX_UPDATES_PER_HOUR',
  max_connections: 'MAX_CONNECTIONS_PER_HOUR',
  max_user_connections: 'MAX_USER_CONNECTIONS',
  max_statement_time: 'MAX_STATEMENT_TIME',
} as const;

/** Resource limits by their column in mysql.user; 0 is no limit. */
export type Limits = Partial<Record<keyof typeof limitNames, number>>;

/** The requirement in a row of mysql.user. */
export function requirementOf(row: Record<string, unknown>): Requirement {
  const text = (name: string): string => String((row[name] as string | null) ?? '');
  return {
    type: text('ssl_type') as Requirement['type'],
    cipher: text('ssl_cipher'),
    issuer: text('x509_issuer'),
    subject: text('x509_subject'),
  };
}

/** The limits in a row of mysql.user. */
export function limitsOf(row: Record<string, unknown>): Limits {
  const names = Object.keys(limitNames) as (keyof Limits)[];
  return Object.fromEntries(names.map((name) => [name, Number(row[name] ?? 0)]));
}

/** The requirement as a clause of CREATE USER or ALTER USER. */
export function requireClause({ type, cipher, issuer, subject }: Requirement): string {
  if (type !== 'SPECIFIED') return `REQUIRE ${{ '': 'NONE', ANY: 'SSL', X509: 'X509' }[type]}`;
  const parts = [
    ['SUBJECT', subject],
    ['ISSUER', issuer],
    ['CIPHER', cipher],
  ].filter(([, value]) => value !== '');
  return `REQUIRE ${parts.map(([name, value]) => `${name} ${quoteText(value ?? '')}`).join(' AND ')}`;
}

/** The limits that are set, as a clause of CREATE USER or ALTER USER; empty when there is none. */
export function limitClause(limits: Limits): string {
  const set = Object.entries(limits).filter(([, value]) => value > 0);
  const names: Record<string, string> = limitNames;
  return set.length === 0 ? '' : `WITH ${set.map(([name, value]) => `${names[name]} ${value}`).join(' ')}`;
}

/** How one requirement compares with another: whatever meets a stricter one meets a laxer one, too. */
export function compareRequirements(one: Requirement, other: Requirement): 'same' | 'laxer' | 'stricter' {
  const strength = ({ type }: Requirement): number => ['', 'ANY', 'X509', 'SPECIFIED'].indexOf(type);
  if (strength(one) !== strength(other)) return strength(one) < strength(other) ? 'laxer' : 'stricter';
  const same = one.cipher === other.cipher && one.issuer === other.issuer && one.subject === other.subject;
  // Two different certificates: what meets the one does not meet the other.
  return same || one.type !== 'SPECIFIED' ? 'same' : 'stricter';
}

/** The limits of an account that are lower than another's, each as high as that; 0 is lifted to no limit. */
export function raisedLimits(limits: Limits, like: Limits): Record<string, number> {
  const names = Object.keys(limitNames) as (keyof Limits)[];
  const low = names.filter((name) => {
    const [own, wanted] = [limits[name] ?? 0, like[name] ?? 0];
    return own > 0 && (wanted === 0 || own < wanted);
  });
  return Object.fromEntries(low.map((name) => [limitNames[name], like[name] ?? 0]));
}
