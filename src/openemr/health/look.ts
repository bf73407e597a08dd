import { Failure } from '../../base/failure';
import type { HealthBefore } from '../../rotation/health';
import { pageOf } from '../../rotation/health';
import { sleep } from '../../base/errors';
import type { Asked, HealthPage } from './ask';
import { askOnce } from './ask';
import { failingText } from './judge';
import { proxyFor, proxyText } from '../../base/proxy/fromEnvironment';
import { isInCluster } from './tls';

/** What the page says before anything is changed. */
export interface HealthLook {
  /** For the plan. */
  before: HealthBefore;
  /** Why a rotation must not begin, one sentence; absent when the page is good. */
  problem?: Failure;
  /** What an operator should know, each without its full stop. */
  notices: string[];
}

const limitMs = 15_000;
const pauseMs = 150;
/** How many bad answers in a row are enough, and for how long nobody must have answered. */
const badInARow = 3;
const noAnswerMs = 3000;

/**
 * Asks the page before the switch, until it was good so many times in a row, or bad often enough. Writes nothing. Never throws.
 * @param answersInARow good answers that are enough
 */
export async function lookAtHealth(page: HealthPage, answersInARow: number): Promise<HealthLook> {
  const started = performance.now();
  let good = 0;
  let badSince: number | undefined;
  let bad = 0;
  for (;;) {
    const asked = await askOnce(page, limitMs - (performance.now() - started), undefined);
    const now = performance.now();
    if (asked.kind === 'good') {
      good += 1;
      bad = 0;
      badSince = undefined;
      if (good >= answersInARow) return lookOf(page, asked);
    } else {
      good = 0;
      bad += 1;
      badSince ??= now;
      const enough = asked.fault !== 'no-answer' || now - badSince >= noAnswerMs;
      if (now - started > limitMs || (bad >= badInARow && enough)) return lookOf(page, asked);
    }
    if (now - started > limitMs) return lookOf(page, asked);
    await sleep(pauseMs);
  }
}

function lookOf(page: HealthPage, asked: Asked): HealthLook {
  const url = pageOf(page.url);
  const { selfSigned } = asked;
  const seen = selfSigned === undefined ? {} : { selfSigned };
  const notices =
    selfSigned === undefined
      ? []
      : [
          `the certificate of ${new URL(url).host} is self-signed (${selfSigned}) and cannot be verified; it is accepted because the name is inside the cluster, and OpenEMR's image creates one at each start; OPENEMR_HEALTHCHECK_CA_FILE can verify only one that an authority of yours issues`,
        ];
  const proxy = proxyFor(url);
  if (proxy && isInCluster(new URL(url).hostname))
    notices.push(
      `the health page ${url} is asked through the proxy ${proxyText(proxy)}, though its name is the cluster's own; name it in NO_PROXY, e.g. .svc,.cluster.local`,
    );
  if (asked.kind === 'bad') {
    const { fault, wrong } = asked;
    return {
      before: { url, fault, failing: [], ...seen },
      problem: problemOf(page, asked),
      notices: [...notices, `the health page ${url} ${wrong}`],
    };
  }
  const { failing, page: kind } = asked;
  if (failing.length > 0)
    notices.push(
      `the health page ${url} ${failingText(failing)}; that was so before, and does not stop a rotation`,
    );
  if (kind === 'login')
    notices.push(
      `the health page ${url} is OpenEMR's login page and is judged as such; /meta/health/readyz proves more, for it looks at the database by itself`,
    );
  return { before: { url, failing, ...seen }, notices };
}

function problemOf(
  { url: asked, caFile }: HealthPage,
  { wrong, fault }: Extract<Asked, { kind: 'bad' }>,
): Failure {
  const url = pageOf(asked);
  const said = `The health page ${url} ${wrong} already, before anything is changed`;
  if (fault === 'broken')
    return new Failure(
      'health-page-bad',
      `${said}; a rotation could not prove OpenEMR's health by it. Make OpenEMR healthy first.`,
    );
  const certificate = /\((?!E[A-Z]+\))\w*(CERT|SIGN|ISSUER|ALTNAME)/.test(wrong);
  if (certificate)
    return new Failure(
      'health-page-unsuited',
      `${said}: its certificate is not trusted. ${
        caFile !== undefined && isInCluster(new URL(url).hostname)
          ? "Where it is one that OpenEMR's image creates at each start, unset OPENEMR_HEALTHCHECK_CA_FILE; else correct that CA, or the name in OPENEMR_HEALTHCHECK_URL."
          : 'Name its CA by OPENEMR_HEALTHCHECK_CA_FILE, or correct the name in OPENEMR_HEALTHCHECK_URL.'
      }`,
    );
  if (fault === 'no-answer')
    return new Failure(
      'health-page-unreachable',
      `${said}. Check that OpenEMR answers, and that OPENEMR_HEALTHCHECK_URL is right from here.`,
    );
  return new Failure(
    'health-page-unsuited',
    `${said}; name OpenEMR's /meta/health/readyz by OPENEMR_HEALTHCHECK_URL, or unset that variable.`,
  );
}
