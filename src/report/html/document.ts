import { createHash } from 'node:crypto';
import { Markup, markup } from './markup';
import { style } from './style';

const hash = createHash('sha256').update(style).digest('base64');
/** Nothing may be loaded or run; the one style sheet is known by its hash. */
const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;

/** A page that needs nothing else: no network, no script. Texts must be scrubbed before. Pure. */
export function htmlDocument(title: string, main: Markup): string {
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${Markup.trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>${Markup.trusted(style)}</style>
      </head>
      <body>
        <main>
          ${main}
        </main>
      </body>
    </html> `;
  return page.text;
}
