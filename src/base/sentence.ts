/** A sentence as a part of another one. */
export function withoutFullStop(text: string): string {
  return text.replace(/\.$/, '');
}

/** A text of somebody else's, of any lines, as a part of a sentence. */
export function inOneLine(text: string): string {
  return withoutFullStop(text.replace(/\s+/g, ' ').trim());
}

/** A clause, as a notice has it, as a sentence of its own. */
export function asSentence(clause: string): string {
  return `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}.`;
}
