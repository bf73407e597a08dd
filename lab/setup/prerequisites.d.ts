import type { System } from './system.js';

/** Why the lab cannot run on this kind of machine, or undefined. */
export function unfit(system: System, node: { arch: string }): string | undefined;
