import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../base/errors';
import { exitCodes, Failure } from '../../base/failure';
import { packageVersion } from '../../base/packageVersion';
import { unreadable } from '../../base/unreadable';
import { besideNames, besideState, continuationProblem, verifyEvidence } from '../../evidence/check';
import type { Predicate, Statement } from '../../evidence/form';
import type { Signer } from '../../evidence/keys';
import { keyIdOf, localSigner, publicKeyIn } from '../../evidence/keys';
import { seal } from '../../evidence/seal';
import type { BesideFile } from '../../evidence/statement';
import { predicateOf, statementOf } from '../../evidence/statement';
import { evidenceCsv } from '../../report/evidence/csv';
import { evidencePage } from '../../report/evidence/page';
import type { Beside } from '../../report/evidence/text';
import { madeLines, verifiedLines } from '../../report/evidence/text';
import { writePage } from '../../report/html/write';
import { isoDay, isoMoment, parseAge } from '../../rotation/age';
import { scrubber } from '../../secrecy/scrubber';
import type { EvidenceFlags, Flags } from '../invocation';
import { keepSecrets, locationOf, rendererOf } from '../request';

/** Makes evidence, or verifies it. Returns the exit code. */
export async function evidenceCommand(flags: Flags, evidence: EvidenceFlags): Promise<number> {
  return evidence.action === 'verify' ? verifyFile(flags, evidence) : makeFile(flags, evidence);
}

async function makeFile(flags: Flags, given: EvidenceFlags): Promise<number> {
  const { out = '', since, maxAge } = given;
  const now = new Date();
  const from = since === undefined ? undefined : momentOf(since, now);
  const maxAgeMs = maxAge === undefined ? undefined : parseAge(maxAge, '', '--max-age');
  const names = namesOf(out);
  const location = locationOf(flags);
  const signer = await signerOf(given);
  const { readRecords } = await import('../../engine/records.js');
  const { whoRuns } = await import('../../engine/who.js');
  const records = await readRecords(location);
  const clean = (text: string): string => scrubber.scrub(text);
  const making = { now, by: whoRuns(), version: packageVersion(), since: from, maxAgeMs, clean };
  const predicate = predicateOf(records, making);
  const file = path.basename(out);
  const beside: (BesideFile & { at: string })[] = [
    { name: path.basename(names.html), text: evidencePage(predicate, file), at: names.html },
    { name: path.basename(names.csv), text: evidenceCsv(predicate), at: names.csv },
  ];
  const envelope = await seal(statementOf(predicate, beside), signer);
  for (const { at, text } of beside) await writePage(at, text);
  await writePage(out, `${JSON.stringify(envelope, undefined, 2)}\n`);
  const renderer = rendererOf(flags);
  madeLines(predicate, [out, names.html, names.csv]).forEach((line) => renderer.line(line));
  return isTooOld(predicate) ? exitCodes.drift : exitCodes.done;
}

function isTooOld({ accounts }: Predicate): boolean {
  return accounts.some(({ tooOld }) => tooOld === true);
}

/** The page and the table lie beside the file. */
function namesOf(out: string): { html: string; csv: string } {
  if (/\.(html|csv)$/i.test(out))
    throw new Failure(
      'command-line-invalid',
      '--out names the signed file, such as evidence.json; the page and the table are written beside it.',
    );
  const stem = out.replace(/\.json$/i, '');
  return { html: `${stem}.html`, csv: `${stem}.csv` };
}

/**
 * A day, which begins at midnight UTC, or a moment with its zone.
 * @throws Failure `command-line-invalid`
 */
export function momentOf(text: string, now: Date): Date {
  const found = isoDay(text) ?? isoMoment(text);
  if (found === undefined)
    throw new Failure(
      'command-line-invalid',
      '--since takes a day, which begins at midnight UTC, such as 2026-01-31, or a time with its zone, such as 2026-01-31T03:00:00+01:00.',
    );
  if (found > now)
    throw new Failure(
      'command-line-invalid',
      `--since ${text} is in the future of this machine's clock (${now.toISOString()}).`,
    );
  return found;
}

async function signerOf({ key, kmsKey }: EvidenceFlags): Promise<Signer> {
  if ((key === undefined) === (kmsKey === undefined))
    throw new Failure(
      'command-line-invalid',
      'evidence is signed with --key FILE (an Ed25519 key) or --kms-key KEY (of AWS KMS); give one of them.',
    );
  if (kmsKey !== undefined) {
    keepSecrets();
    const { kmsSigner } = await import('../../aws/kms.js');
    return kmsSigner(kmsKey);
  }
  return localSigner(key ?? '');
}

function verifyFile(flags: Flags, { file = '', key = '', after }: EvidenceFlags): number {
  const publicKey = publicKeyIn(key);
  const statement = verified(file, publicKey);
  const besides = besidesOf(file, statement);
  const { predicate } = statement;
  if (after !== undefined) {
    const problem = continuationProblem(verified(after, publicKey).predicate, predicate);
    if (problem !== undefined) throw invalid(file, problem);
  }
  const renderer = rendererOf(flags);
  const about = { file, keyId: keyIdOf(publicKey), after, besides };
  verifiedLines(predicate, about).forEach((line) => renderer.line(line));
  return exitCodes.done;
}

/** @throws Failure `evidence-invalid` for the first thing that is wrong, `file-unreadable` */
function verified(file: string, publicKey: KeyObject): Statement {
  const found = verifyEvidence(textOf(file), publicKey);
  if (!found.ok) throw invalid(file, found.wrong);
  return found.statement;
}

/** The page and the table, where they lie beside it. @throws as {@link verified} */
function besidesOf(file: string, statement: Statement): Beside[] {
  return besideNames(statement).map((name) => {
    const at = path.join(path.dirname(file), path.basename(name));
    const bytes = ifThere(at);
    if (bytes === undefined) return { name: at, state: 'missing' };
    if (besideState(statement, name, bytes) === 'same') return { name: at, state: 'same' };
    throw invalid(file, `${at} beside it is not the file that was written with it`);
  });
}

function invalid(file: string, wrong: string): Failure {
  return new Failure(
    'evidence-invalid',
    `${file} proves nothing: ${wrong}. Ask for the original, and find out who changed this one.`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error, 'name a file that evidence --out has written');
  }
}

function ifThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unreadable(file, error, 'correct its mode, or move it away');
  }
}
