import type { Entry, Predicate } from '../../evidence/form';
import { durationText } from '../duration';
import { htmlDocument } from '../html/document';
import type { Markup } from '../html/markup';
import { markup } from '../html/markup';
import { ageLine, outcomeText, proofLines, renewedText, stepLine } from './words';

/** Evidence as one page that needs nothing else: no network, no script. Texts must be scrubbed before. Pure. */
export function evidencePage(predicate: Predicate, file: string): string {
  const { stack, made, since, chain, entries, findings } = predicate;
  const range = since === null ? 'the whole history' : `rotations that ended at ${since} or later`;
  const main = markup`<h1>Evidence of credential rotations</h1>
    <p class="soft">
      Stack <b>${stack}</b>, ${range}. Made at ${made.at} by ${made.by} with version ${made.version}. All times are UTC.
    </p>
    <p>
      This page is for reading. The proof is the signed file <b>${file}</b>, which has the digest of this page:
      credential-rotation evidence verify ${file} --key PUBLIC_KEY.
    </p>
    <section class="card" aria-labelledby="ages">
      <h2 id="ages">Age of each password</h2>
      ${list(predicate.accounts.map(ageLine))}
      ${ageRule(predicate)}
    </section>
    <section class="card" aria-labelledby="findings">
      <h2 id="findings">What to know of this history</h2>
      ${findings.length === 0 ? markup`<p>Nothing.</p>` : list(findings.map(({ text }) => text))}
    </section>
    <section aria-labelledby="each">
      <h2 id="each">Each rotation</h2>
      <p class="soft">Entries ${chain.before + 1} to ${chain.length} of the stack's history.</p>
      ${entries.length === 0 ? markup`<p class="card">No rotation in this time.</p>` : entries.map(entryCard)}
    </section>
    <footer>
      <p>
        What this proves, what it does not, and which controls it serves: docs/evidence.md.
      </p>
    </footer>`;
  return htmlDocument(`Evidence of credential rotations of ${stack}`, main);
}

function ageRule({ maxAgeSeconds }: Predicate): Markup {
  return maxAgeSeconds === null
    ? markup``
    : markup`<p class="soft">Allowed: ${durationText(maxAgeSeconds)}. An account of unknown age is too old.</p>`;
}

function list(lines: readonly string[]): Markup {
  return markup`<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>`;
}

function entryCard(entry: Entry): Markup {
  const { number, id, kind, from, to, outcome, startedAt, endedAt, by, failure, rollback, plan, previous } =
    entry;
  const rows: [string, string | Markup][] = [
    ['What', `${kind}, ${from} to ${to}`],
    ['Outcome', markup`<span class="chip ${outcome}">${outcomeText(entry)}</span>`],
    ['Started, ended', `${startedAt}, ${endedAt ?? 'not known'}`],
    ['By', by ?? 'not recorded'],
    [
      'Runs',
      list(
        entry.runs.map(
          (run) =>
            `${run.startedAt} to ${run.endedAt ?? 'not known'}, by ${run.by ?? 'not recorded'}: ${run.succeeded ? 'succeeded' : 'did not finish'}`,
        ),
      ),
    ],
    ['New passwords', renewedText(entry)],
    ['Proofs', list(proofLines(entry.proofs))],
    ['Steps', stepLine(entry.steps)],
    ...(failure
      ? [
          ['Failure', `${failure.step === null ? '' : `Step ${failure.step}: `}${failure.message}`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(rollback
      ? [
          [
            'Rollback',
            list([
              `${rollback.id}: ${rollback.succeeded ? 'succeeded' : 'did not finish'}`,
              ...proofLines(rollback.proofs),
            ]),
          ] as [string, Markup],
        ]
      : []),
    ['Secrets', `${entry.slotSecret}; ${entry.adminSecret} (${entry.adminUser})`],
    ['Plan (SHA-256)', plan.sha256],
    ['Entry before (SHA-256)', previous ?? 'none: the first'],
  ];
  return markup`<section class="card"><h3>${number}. ${id}</h3>
    <div class="scroll"><table><tbody>
      ${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}
    </tbody></table></div></section>`;
}
