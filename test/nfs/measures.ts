import { z } from 'zod';

const seconds = z.number().nonnegative();

/** What the virtual machine measures. Windows are the seconds from the end of the product's write to the last look that did not find the new file. */
export const measuresSchema = z.object({
  kernel: z.string(),
  /** The next opens by name on another client, while no client holds the old file open. */
  nextOpen: seconds,
  /** What the product finds on another client while a third one holds the old file open. */
  productHeld: seconds,
  /** The same of plain opens while that client itself, or a third one, holds the old file open; the folder was changed lately. */
  heldByItself: seconds,
  heldByAnother: seconds,
  /** The same with a folder that has not changed for minutes, written at several moments of the client's cache. */
  heldLongUnchanged: z.array(seconds),
  /** `stat` alone, as opcache does: nobody holds the old file, or a client does. */
  statFree: seconds,
  statHeld: seconds,
  /** The product reads and a plain client opens while another client replaces the file again and again. */
  race: z.object({
    ...{ writes: z.number(), reads: z.number(), errors: z.array(z.string()) },
    ...{ plainReads: z.number(), plainErrors: z.array(z.string()) },
  }),
  /** Whether each write has kept owner and mode, and whose they are. */
  kept: z.boolean(),
  owner: z.string(),
  /** The server knows the handles no more. */
  stale: z.string(),
  /** The server cannot be reached: the limit that was set, how long the product took, what it said, and what the file is later. */
  hang: z.object({
    ...{ limit: seconds, read: seconds, message: z.string(), written: z.string() },
    /** How long the product's next read took after the network was back. */
    ...{ back: seconds, unchanged: z.boolean() },
  }),
});
export type Measures = z.infer<typeof measuresSchema>;
