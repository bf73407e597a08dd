/**
 * Why a health page is not good. `broken`: the application itself says so. `wrong-page`: what answers is no page that
 * knows of OpenEMR's health. `no-answer`: nobody answered, or a proxy before it.
 */
export type HealthFault = 'broken' | 'wrong-page' | 'no-answer';

/**
 * How the health page was judged before the switch: what is so after it, too, was not made by the rotation. It stands in
 * the plan, so that a run that takes the plan up and a rollback compare with it. Nothing secret: of the URL no query.
 */
export interface HealthBefore {
  /** Origin and path that were asked. */
  url: string;
  /** Absent when the page was good. */
  fault?: HealthFault;
  /** Checks other than the database's that failed already. */
  failing: string[];
  /** Subject of a self-signed certificate that was let pass; absent where the certificate was verified, or there was none. */
  selfSigned?: string;
}

/** Origin and path of a URL, for messages and plans: a query may hold a token. */
export function pageOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
