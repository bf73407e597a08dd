/**
 * How long to wait for the runs of other OpenEMRs that work on the same admin secret, in ms. Each takes some seconds, and
 * before that the grace of the admin (30 s by default): so several in a row are waited for.
 */
export const adminLockWaitMs = 240_000;
