import type { Span } from './screen';

const size = { font: 13, column: 7.8, line: 20, margin: 20, bar: 34 };

/** A dark terminal's colours, by SGR number; the picture has a background of its own, for light pages and dark ones. */
const palette: Record<string, string> = {
  '': '#e6edf3',
  '2': '#8b949e',
  '31': '#ff7b72',
  '32': '#56d364',
  '36': '#39c5cf',
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A length without a trail of digits. */
const round = (length: number): string => String(Math.round(length * 10) / 10);

/** The words of a line, each at its column: a picture has no tabs, and fonts differ in their widths. */
function words(spans: readonly Span[]): { at: number; text: string; colour: string }[] {
  let start = 0;
  return spans.flatMap(({ colour, text }) => {
    const begin = start;
    start += [...text].length;
    // A mark at the begin may come from another font than the rest: it is a word of its own.
    return [...text.matchAll(/[✓✗=] (?= ?\d)|\S+(?: \S+)*/gu)].map((match) => ({
      at: begin + [...text.slice(0, match.index)].length,
      text: match[0].trimEnd(),
      colour,
    }));
  });
}

function lineText(spans: readonly Span[], y: number): string {
  return words(spans)
    .map(({ at, text, colour }) => {
      const fill = palette[colour];
      if (fill === undefined) throw new Error(`the picture has no colour ${colour}`);
      const place = `x="${round(size.margin + at * size.column)}" y="${round(y)}"`;
      const width = round([...text].length * size.column);
      return `<text ${place} textLength="${width}" lengthAdjust="spacingAndGlyphs" fill="${fill}">${escaped(text)}</text>`;
    })
    .join('\n');
}

/**
 * The window of a terminal as SVG.
 * @param lines what stands in it
 * @param columns its width in characters
 * @param title what the picture shows, for who cannot see it
 */
export function terminalSvg(lines: readonly Span[][], columns: number, title: string): string {
  const width = size.margin * 2 + columns * size.column;
  const height = size.bar + size.margin + lines.length * size.line;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, index) => `<circle cx="${20 + index * 18}" cy="18" r="5.5" fill="${fill}"/>`,
  );
  const said = lines.map((spans) => spans.map(({ text }) => text).join('')).join('\n');
  const fonts = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" role="img" font-family="${fonts}" font-size="${size.font}">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(said)}</desc>`,
    `<rect x="0.5" y="0.5" width="${round(width - 1)}" height="${round(height - 1)}" rx="9.5" fill="#161b22" stroke="#30363d"/>`,
    ...dots,
    ...lines.map((spans, index) => lineText(spans, size.bar + size.font + index * size.line)),
    '</svg>',
    '',
  ]
    .filter((text, index, all) => text !== '' || index === all.length - 1)
    .join('\n');
}
