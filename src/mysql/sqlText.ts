/** A name as an identifier in SQL: safe in every `sql_mode`. */
export function quoteIdentifier(name: string): string {
  return '`' + name.replaceAll('`', '``') + '`';
}

/** An account as statements take it. Quoted as identifiers, it is the same in every `sql_mode`. */
export function quoteAccount({ username, host }: { username: string; host: string }): string {
  return `${quoteIdentifier(username)}@${quoteIdentifier(host)}`;
}

/** A text as a literal in SQL, for sessions whose `sql_mode` reads backslashes as escapes. */
export function quoteText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

const kinds = /^\s*((?:ALTER|CREATE|DROP|RENAME)\s+(?:USER|ROLE)|SHOW\s+[A-Z]+|[A-Z]+)\b/i;

/** What kind of statement it is, such as `ALTER USER`: its first words, and nothing that is named or set in it. */
export function statementKind(sql: string): string {
  return (kinds.exec(sql)?.[1] ?? 'statement').toUpperCase().replace(/\s+/g, ' ');
}
