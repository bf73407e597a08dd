/** What machine this is, as far as the set-up cares. */
export interface System {
  title: string;
  /** One of those that the lab is made for. */
  known: boolean;
  ubuntu: boolean;
  /** How its kind of processor is called by Debian, by its folders of libraries, by its loader, and by Pulumi's releases. */
  machine: { debian: string; triplet: string; loader: string; pulumi: string } | undefined;
  packages: string[];
}

export function parseOsRelease(text: string): Record<string, string>;
export function describeSystem(facts: { osRelease: string; platform: string; arch: string }): System;
export function phpFile(names?: string[]): string;
