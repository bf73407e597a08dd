import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { PastRotation } from '../../../src/history/pastRotation';
import { renderPage } from '../../../src/report/html/page';
import { stepTitles } from '../../../src/rotation/steps';
import { manyRotations } from '../history/manyRotations';

const now = new Date('2027-06-01T00:00:00Z');
const page = (rotations: PastRotation[], stack = 'prod'): string => renderPage({ rotations, stack, now });
const sample = manyRotations(12);

/** Every text that comes from outside, replaced. */
function withText(rotation: PastRotation, text: string): PastRotation {
  return {
    ...rotation,
    id: text,
    by: text,
    undoes: text,
    runs: rotation.runs.map((run) => ({ ...run, by: text })),
    failure: { step: 8, message: text },
    rollback: { id: text, succeeded: false, runs: [], steps: null, failure: { step: 7, message: text } },
    load: { requests: 1, failed: 1, failures: [{ at: rotation.startedAt, kind: text }] },
  };
}

/** What is left when every tag that the page itself uses is taken away. */
function withoutTags(text: string): string {
  const tags =
    /<(?:!doctype html|\/?(?:html|head|meta|title|link|style|body|main|h[123]|p|b|small|dl|dt|dd|div|section|svg|line|rect|path|circle|g|text|ul|li|details|summary|table|caption|thead|tbody|tr|th|td|span|footer)(?:\s+[a-zA-Z0-9-]+(?:="[^"<>]*")?)*\s*\/?)>/g;
  return text.replace(/<style>[^<]*<\/style>/, '').replace(tags, '');
}

describe('the page of the history', () => {
  it('shows every rotation with all steps, and what is open', () => {
    const text = page(sample);
    expect(text.match(/<details\s+class="rotation /g)).to.have.length(12);
    for (const title of Object.values(stepTitles)) expect(text).to.include(title.replace("'", '&#39;'));
    for (const words of [
      'rolled back (step 8 failed)',
      'held after step 9',
      'root@openemr-credential-rotation-29401560-x7k2p',
      'Run 1 of 2',
      '2 failed',
    ])
      expect(text, words).to.include(words);
  });

  it('says so when there is nothing, and when step times are not known', () => {
    expect(page([])).to.include('No rotation yet.');
    expect(page([{ ...sample[0], steps: null } as PastRotation])).to.include('not known');
  });

  it('needs no network and no script, and its policy lets its own style in', () => {
    const text = page(sample);
    expect(text).not.to.match(
      /<script|\son[a-z]+=|\sstyle=|@import|url\(|<(img|iframe|object|embed|form|base)\b/i,
    );
    expect([...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, target]) => target)).to.deep.equal([
      'data:,',
    ]);
    const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(text).to.include(`default-src 'none'; style-src 'sha256-${hash}'`);
  });

  it('holds only its own tags, whatever the texts are', () => {
    expect(withoutTags(page(sample))).not.to.include('<');
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='x",
        '</title><b>',
        ']]>',
        '\u202egnp.exe',
        '\ud800<',
      ),
    );
    fc.assert(
      fc.property(texts, fc.string({ unit: 'binary' }), (text, stack) => {
        const found = page(
          sample.slice(0, 2).map((each) => withText(each, text)),
          stack,
        );
        expect(withoutTags(found)).not.to.match(/[<>]/);
        expect(found).not.to.match(/[^\P{Cc}\n\t]|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 40 },
    );
  });

  it('draws nothing outside of its frames, whatever the times are', () => {
    const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') });
    fc.assert(
      fc.property(time, time, (started, ended) => {
        const [rotation] = sample;
        if (!rotation) throw new Error('no sample');
        const times = { startedAt: started.toISOString(), endedAt: ended.toISOString() };
        const found = page([
          {
            ...rotation,
            ...times,
            steps: (rotation.steps ?? []).map((step) => ({ ...step, ...times, ms: 1 })),
          },
        ]);
        for (const [, number] of found.matchAll(/\s(?:x|x1|x2|width)="(-?[\d.e+-]+)%"/g))
          expect(Number(number)).to.be.within(0, 100);
        expect(found).not.to.match(/NaN|Infinity|undefined/);
      }),
      { numRuns: 40 },
    );
  });
});
