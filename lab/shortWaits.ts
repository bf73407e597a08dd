import { optionTable } from '../src/settings/options';

/**
 * How long the lab's rotations wait before they change a password that somebody may have, in seconds. The defaults (30
 * and 60) are made for what a lab does not have: pods that drain for half a minute, and NFS clients that go on reading
 * the old sqlconf.php for half a minute after the rename (26–29 s were seen on EFS's protocol). The lab's pods drain at
 * once and read a local file, so a second is as good a proof there, and hundreds of runs need not wait 90 s each. Where a
 * test is about the waits themselves it takes the defaults: {@link defaultWaits}.
 */
export const shortWaits = { idleGraceSeconds: 1, oldLoginSeconds: 0 };

/** The same as variables of the command. A canary needs rights that a site's Role does not give: its own tests switch it on. */
export const shortWaitsEnvironment = {
  [optionTable.idleGraceSeconds.variable]: String(shortWaits.idleGraceSeconds),
  [optionTable.oldLoginSeconds.variable]: String(shortWaits.oldLoginSeconds),
  [optionTable.canary.variable]: 'off',
};

/** Takes the short waits out of an environment, so that the product's defaults hold. */
export const defaultWaits = {
  [optionTable.idleGraceSeconds.variable]: undefined,
  [optionTable.oldLoginSeconds.variable]: undefined,
};
