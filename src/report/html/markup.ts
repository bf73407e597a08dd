/** Text that is markup already. Only {@link markup} makes it, so nothing gets into a page unescaped. */
export class Markup {
  private constructor(readonly text: string) {}

  /** For {@link markup} and for the page's own constants alone. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }
}

/** What can stand in a template: text is escaped, markup is not, undefined is nothing. */
export type Value = string | number | Markup | readonly Markup[] | undefined;

/** A template of markup; every value in it that is not markup is escaped, for elements and quoted attributes alike. */
export function markup(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return Markup.trusted(parts.map((part, index) => unindented(part) + textOf(values[index])).join(''));
}

/** The indentation of the source is for its readers. */
function unindented(part: string): string {
  return part.replace(/\n\s+/g, '\n');
}

function textOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escaped(String(value));
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escaped; characters that are no text, or that turn the direction of what follows, are left out. */
function escaped(text: string): string {
  return text
    .replace(/[^\P{Cc}\n\t]|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/[&<>"']/g, (char) => entities[char] ?? '');
}

/** A place on a scale, as SVG takes it: `12.345%`, never outside of the drawing. */
export function percent(fraction: number): string {
  const inside = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
  return `${Number((inside * 100).toFixed(3))}%`;
}
