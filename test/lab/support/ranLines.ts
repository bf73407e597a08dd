import type { Note } from './ran';
import type { TestedReleases } from './releases';

/** What a run of the tests is going to do, in lines for its beginning. */
export function plannedLines({ wholly, shortly, missing }: TestedReleases): string[] {
  const short = shortly.length > 0 ? `; the short list on ${shortly.join(' and ')}` : '';
  return [
    `Databases: the lab tests on ${wholly.join(' and ')}${short}.`,
    ...missing.map((release) => `Not tested: ${release}, which the set-up could not get.`),
  ];
}

/** What a run of the tests has done, in lines for its end: a part that differs between the labs stands once for each. */
export function ranLines({ wholly, shortly, missing }: TestedReleases, labs: readonly Note[]): string[] {
  const ran = labs.map(({ release }) => release);
  const left = [...wholly, ...shortly].filter((release) => !ran.includes(release));
  const lines = labs.flatMap(({ parts }) => parts.flatMap(([name, all]) => all.map((what) => [name, what])));
  const once = [...new Set(lines.map(([name = '', what = '']) => `  ${name.padEnd(16)} ${what}`))].sort();
  return [
    ran.length > 0 ? `Databases that the lab tests ran on: ${ran.join(', ')}.` : 'No test has started a lab.',
    ...(ran.length > 0 && left.length > 0 ? [`No test has started ${left.join(', ')}.`] : []),
    ...missing.map((release) => `Not tested: ${release}, which the set-up could not get.`),
    ...(once.length > 0 ? ['What the labs were made of:', ...once] : []),
  ];
}
