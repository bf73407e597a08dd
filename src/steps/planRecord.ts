import type { Properties, ResourceLogic } from './logic';

/**
 * The first resource of every update: it puts the plan and its secret half into the state before anything
 * else is written, so that a killed run can be taken up again with the same passwords.
 */
export const planRecord: ResourceLogic = {
  diff: async (olds, news) => olds['plan'] !== news['plan'],
  apply: async ({ plan, material }: Properties) => ({ plan, material }),
};
