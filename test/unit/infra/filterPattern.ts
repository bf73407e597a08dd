/** Whether a line of a log group matches. */
export type Matcher = (line: unknown) => boolean;

const tokens = /\s*(?:(\$(?:\.\w+)+)|("[^"]*")|(\|\||&&|!=|=|\(|\))|(NOT EXISTS)|(\S+))/y;

/**
 * The part of CloudWatch's filter patterns for JSON that the alarms use (docs.aws.amazon.com, "Filter pattern syntax for
 * metric filters"): `$.field = "text"`, `!=`, `NOT EXISTS`, `&&` before `||`, parentheses. A comparison with a field that
 * is not there is false, `!=` too; text that is no JSON never matches.
 * @throws Error for whatever else stands in the pattern
 */
export function matcherOf(pattern: string): Matcher {
  const [, inner] = /^\{ (.*) \}$/s.exec(pattern) ?? [];
  if (inner === undefined) throw new Error(`no JSON pattern: ${pattern}`);
  const words = wordsOf(inner);
  const matcher = anyOf(words);
  if (words.length > 0) throw new Error(`${words[0]} is too much in ${pattern}`);
  return matcher;
}

function wordsOf(text: string): string[] {
  const words = [...text.matchAll(new RegExp(tokens, 'gy'))];
  const other = words.find(([, , , , , unknown]) => unknown !== undefined);
  if (other) throw new Error(`${other[0].trim()} is not understood`);
  return words.map(([word]) => word.trim());
}

function anyOf(words: string[]): Matcher {
  const parts = [allOf(words)];
  while (words[0] === '||') {
    words.shift();
    parts.push(allOf(words));
  }
  return (line) => parts.some((part) => part(line));
}

function allOf(words: string[]): Matcher {
  const parts = [one(words)];
  while (words[0] === '&&') {
    words.shift();
    parts.push(one(words));
  }
  return (line) => parts.every((part) => part(line));
}

function one(words: string[]): Matcher {
  const first = words.shift() ?? '';
  if (first === '(') {
    const inner = anyOf(words);
    if (words.shift() !== ')') throw new Error('a parenthesis is open');
    return inner;
  }
  if (!first.startsWith('$.')) throw new Error(`${first} is no field`);
  const operator = words.shift();
  const valueIn = (line: unknown): unknown => fieldOf(line, first.slice(2).split('.'));
  if (operator === 'NOT EXISTS') return (line) => valueIn(line) === undefined;
  const text: unknown = JSON.parse(words.shift() ?? '');
  if (operator === '=') return (line) => valueIn(line) === text;
  if (operator !== '!=') throw new Error(`${operator} is no operator`);
  return (line) => valueIn(line) !== undefined && valueIn(line) !== text;
}

function fieldOf(line: unknown, names: string[]): unknown {
  return names.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
    line,
  );
}

/** A container's line as Container Insights' Fluent Bit puts it into the log group (Merge_Log_Key log_processed). */
export function asContainerInsights(line: string, pod: { namespace: string; container: string }): unknown {
  const { namespace, container } = pod;
  const kubernetes = { namespace_name: namespace, container_name: container, pod_name: `${container}-x` };
  return { log: line, kubernetes, log_processed: JSON.parse(line) as unknown };
}
