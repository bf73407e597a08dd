import type { z } from 'zod';
import type { healthSchema } from './storedPlan';

/** How the health page was judged before the switch; see its schema. */
export type HealthBefore = z.infer<typeof healthSchema>;

/** Why a health page is not good. */
export type HealthFault = NonNullable<HealthBefore['fault']>;

/** Origin and path of a URL, for messages and plans: a query may hold a token. */
export function pageOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
