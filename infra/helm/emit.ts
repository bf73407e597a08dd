import type { Condition, Node, Part } from './node';

/** A template of several objects, each a document of its own. */
export function templateOf(objects: Node): string {
  if (objects.type !== 'items') throw new Error('no list of objects');
  const lines = objects.parts.flatMap((part) => around(part, ['---', ...linesOf(part.value, '')]));
  return `${lines.join('\n')}\n`;
}

/** A node as lines, indented. */
function linesOf(node: Node, indent: string): string[] {
  if (node.type === 'scalar') return [`${indent}${node.text}`];
  if (node.type === 'choice')
    return [
      `{{- if ${node.on.condition} }}`,
      ...linesOf(node.then, indent),
      '{{- else }}',
      ...linesOf(node.otherwise, indent),
      '{{- end }}',
    ];
  return node.parts.flatMap((part) =>
    around(part, node.type === 'fields' ? fieldLines(part, indent) : itemLines(part, indent)),
  );
}

function fieldLines({ key, value }: Part, indent: string): string[] {
  const inline = inlineText(value);
  return inline === undefined
    ? [`${indent}${key}:`, ...linesOf(value, `${indent}  `)]
    : [`${indent}${key}: ${inline}`];
}

/** An item begins on the line of its dash where that line is always there. */
function itemLines({ value }: Part, indent: string): string[] {
  const inline = inlineText(value);
  if (inline !== undefined) return [`${indent}- ${inline}`];
  const [first = '', ...rest] = linesOf(value, `${indent}  `);
  return first.startsWith(`${indent}  `)
    ? [`${indent}- ${first.trimStart()}`, ...rest]
    : [`${indent}-`, first, ...rest];
}

/** What fits on the line of its name. */
function inlineText(node: Node): string | undefined {
  if (node.type === 'scalar') return node.text;
  if (node.type !== 'choice') return node.parts.length > 0 ? undefined : node.type === 'fields' ? '{}' : '[]';
  const [then, otherwise] = [inlineText(node.then), inlineText(node.otherwise)];
  if (then === undefined || otherwise === undefined) return undefined;
  return `{{ if ${node.on.condition} }}${then}{{ else }}${otherwise}{{ end }}`;
}

function around({ when, loop }: Part, lines: string[]): string[] {
  const repeated = loop === undefined ? lines : [`{{- range ${loop.range} }}`, ...lines, '{{- end }}'];
  return when === true ? repeated : [`{{- if ${conditionText(when)} }}`, ...repeated, '{{- end }}'];
}

/** A condition in the language of Go's templates. */
export function conditionText(condition: Condition): string {
  if (typeof condition === 'boolean') return String(condition);
  const { on, then, otherwise } = condition;
  const [own, not] = [`(${on.condition})`, `(not (${on.condition}))`];
  if (then === true && otherwise === false) return on.condition;
  if (then === false && otherwise === true) return `not (${on.condition})`;
  if (then === true) return `or ${own} (${conditionText(otherwise)})`;
  if (otherwise === true) return `or ${not} (${conditionText(then)})`;
  if (otherwise === false) return `and ${own} (${conditionText(then)})`;
  if (then === false) return `and ${not} (${conditionText(otherwise)})`;
  return `or (and ${own} (${conditionText(then)})) (and ${not} (${conditionText(otherwise)}))`;
}
