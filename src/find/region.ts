import type { Seen } from './seen';

const patterns: [pattern: RegExp, what: string][] = [
  [/^arn:[^:]+:[a-z-]+:([a-z]{2}(?:-[a-z]+)+-\d):/, 'the ARN'],
  [/\.([a-z]{2}(?:-[a-z]+)+-\d)\.eks\.amazonaws\.com/, 'the address'],
  [/\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com/, 'the address'],
];

/** The AWS region that a text names, as an ARN or an address of EKS or RDS does. */
export function regionIn(text: string, of: string): Seen[] {
  return patterns.flatMap(([pattern, what]) => {
    const value = pattern.exec(text)?.[1];
    return value === undefined ? [] : [{ value, from: `${what} of ${of}` }];
  });
}

/** Whether a host is one of RDS or Aurora, whose certificates Amazon's bundle signs. */
export function isRds(host: string): boolean {
  return /\.rds\.amazonaws\.com(\.cn)?$/.test(host);
}
