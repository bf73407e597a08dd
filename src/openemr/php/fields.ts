/** The five values of `sqlconf.php` that make a database login, by the names the file gives them. */
export const sqlconfFields = ['host', 'port', 'login', 'pass', 'dbase'] as const;

export type SqlconfField = (typeof sqlconfFields)[number];

export interface SqlconfProblem {
  /** One sentence; it never holds a value of the file. */
  reason: string;
  line?: number;
  field?: SqlconfField;
  /** Where a value comes from that does not stand in the file. */
  outside?: 'environment' | 'file';
}

export function isField(name: string | undefined): name is SqlconfField {
  return sqlconfFields.some((field) => field === name);
}

/** True for variables of which a change could change the login. */
export function isWatched(name: string): boolean {
  return isField(name) || name === 'sqlconf' || name === 'GLOBALS' || name === 'this';
}
