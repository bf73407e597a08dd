import { quoteAccount, quoteIdentifier } from './sqlText';

/** One right of an account: a privilege (on one column, where it has one), a role, or a partial revoke. */
export type Grant =
  | { kind: 'privilege'; privilege: string; column?: string; on: string; option: boolean }
  | { kind: 'role'; role: string; option: boolean }
  | { kind: 'revoke'; privilege: string; on: string };

/** A statement that grants or revokes, in its parts: `GRANT what … TO account after`. */
type GrantStatement = { verb: 'GRANT' | 'REVOKE'; what: string; after: string };

const quoted = /`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"/gs;

/** The same text with underlines for all that is quoted, so that a name cannot look like a keyword. */
function mask(text: string): string {
  return text.replace(quoted, (name) => '_'.repeat(name.length));
}

/**
 * The rights in one line of SHOW GRANTS. None for USAGE, which is no right; for PROXY, which OpenEMR cannot use;
 * for rights of PUBLIC, which everybody has; and for a default role, which is read elsewhere.
 */
export function parseGrants(line: string): Grant[] {
  const masked = mask(line);
  const verb = masked.startsWith('GRANT ') ? 'GRANT ' : masked.startsWith('REVOKE ') ? 'REVOKE ' : undefined;
  const end = masked.indexOf(verb === 'GRANT ' ? ' TO _' : ' FROM _');
  if (verb === undefined || end < 0) return [];
  const on = masked.slice(0, end).indexOf(' ON ');
  const names = splitList(line.slice(verb.length, on < 0 ? end : on));
  if (on < 0) {
    const option = masked.includes(' WITH ADMIN OPTION', end);
    return verb === 'GRANT ' ? names.map((role) => ({ kind: 'role', role, option })) : [];
  }
  const object = line.slice(on + ' ON '.length, end);
  if (verb === 'REVOKE ') return names.map((privilege) => ({ kind: 'revoke', privilege, on: object }));
  const option = masked.includes(' WITH GRANT OPTION', end);
  return names
    .filter((name) => name !== 'PROXY' && (name !== 'USAGE' || option))
    .flatMap((name) => columnsOf(name).map((each) => ({ kind: 'privilege', ...each, on: object, option })));
}

/** `SELECT (a, b)` → SELECT on a, SELECT on b: the servers print columns in an order of their own. */
function columnsOf(name: string): { privilege: string; column?: string }[] {
  const at = mask(name).indexOf(' (');
  if (at < 0) return [{ privilege: name }];
  const columns = splitList(name.slice(at + 2, name.lastIndexOf(')')));
  return columns.map((column) => ({ privilege: name.slice(0, at), column }));
}

/** Splits at commas that are neither quoted nor in brackets. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  [...mask(text)].forEach((char, at) => {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char !== ',' || depth > 0) return;
    parts.push(text.slice(start, at).trim());
    start = at + 1;
  });
  return [...parts, text.slice(start).trim()];
}

/**
 * How a server reads the schema name of a grant: as a pattern, in which _ and % are wildcards unless a backslash stands
 * before them, or, where `partial_revokes` is on, letter by letter, the backslash too.
 * dev.mysql.com/doc/refman/8.0/en/partial-revokes.html
 */
export type SchemaNames = 'pattern' | 'literal';

/** All rights on one schema, and on no other that a pattern would fit. */
export function allOnSchema(schema: string, names: SchemaNames): Grant {
  const literal = names === 'literal' ? schema : schema.replace(/[\\_%]/g, (char) => `\\${char}`);
  return {
    kind: 'privilege',
    privilege: 'ALL PRIVILEGES',
    on: `${quoteIdentifier(literal)}.*`,
    option: false,
  };
}

/** The schema that a right is on, or undefined for a right on all schemas, or on none. */
export function schemaOf(grant: Grant, names: SchemaNames): string | undefined {
  if (grant.kind !== 'privilege') return undefined;
  const name = /^(?:(?:TABLE|PROCEDURE|FUNCTION|PACKAGE|PACKAGE BODY) )?`((?:[^`]|``)+)`\./.exec(
    grant.on,
  )?.[1];
  const plain = name?.replaceAll('``', '`');
  return names === 'literal' ? plain : plain?.replace(/\\([_%\\])/g, '$1');
}

/** What must be granted, or revoked, so that an account with `present` may do what one with `wanted` may. */
export function missingGrants(wanted: readonly Grant[], present: readonly Grant[]): Grant[] {
  const missing = wanted.filter((grant) => !present.some((other) => covers(other, grant)));
  // A partial revoke that only the other account has is taken back by a grant of the same.
  const lifted = present
    .filter((grant) => grant.kind === 'revoke' && !wanted.some((other) => covers(other, grant)))
    .map((grant): Grant => ({ ...(grant as Grant & { kind: 'revoke' }), kind: 'privilege', option: false }));
  return [...lifted, ...missing];
}

function covers(one: Grant, other: Grant): boolean {
  if (one.kind === 'role')
    return other.kind === 'role' && one.role === other.role && (one.option || !other.option);
  if (one.kind === 'revoke')
    return other.kind === 'revoke' && one.privilege === other.privilege && one.on === other.on;
  if (other.kind !== 'privilege' || one.on !== other.on || (other.option && !one.option)) return false;
  if (one.privilege === 'ALL PRIVILEGES' || other.privilege === 'USAGE') return true;
  return one.privilege === other.privilege && (one.column === undefined || one.column === other.column);
}

/** The statements that give these rights to an account: grants first, then partial revokes. */
export function grantStatements(
  grants: readonly Grant[],
  account: { username: string; host: string },
): string[] {
  const groups = new Map<string, { statement: GrantStatement; grants: Grant[] }>();
  for (const grant of grants) {
    const statement = statementOf(grant);
    const key = JSON.stringify(statement);
    groups.set(key, { statement, grants: [...(groups.get(key)?.grants ?? []), grant] });
  }
  const texts = [...groups.values()].map(({ statement: { verb, what, after }, grants: same }) => {
    const names = privilegeList(same);
    return `${verb} ${names}${what} ${verb === 'GRANT' ? 'TO' : 'FROM'} ${quoteAccount(account)}${after}`;
  });
  return texts.sort((one, other) => Number(one.startsWith('REVOKE')) - Number(other.startsWith('REVOKE')));
}

function statementOf(grant: Grant): GrantStatement {
  // MariaDB takes one role in a statement.
  if (grant.kind === 'role')
    return { verb: 'GRANT', what: grant.role, after: grant.option ? ' WITH ADMIN OPTION' : '' };
  if (grant.kind === 'revoke') return { verb: 'REVOKE', what: ` ON ${grant.on}`, after: '' };
  return { verb: 'GRANT', what: ` ON ${grant.on}`, after: grant.option ? ' WITH GRANT OPTION' : '' };
}

function privilegeList(grants: readonly Grant[]): string {
  const whole = grants.filter((grant) => grant.kind !== 'role' && columnOf(grant) === undefined);
  const columns = new Map<string, string[]>();
  for (const grant of grants) {
    const column = columnOf(grant);
    if (grant.kind === 'role' || column === undefined) continue;
    columns.set(grant.privilege, [...(columns.get(grant.privilege) ?? []), column]);
  }
  return [
    ...whole.map((grant) => (grant.kind === 'role' ? grant.role : grant.privilege)),
    ...[...columns].map(([name, of]) => `${name} (${of.join(', ')})`),
  ].join(', ');
}

function columnOf(grant: Grant): string | undefined {
  return grant.kind === 'privilege' ? grant.column : undefined;
}
