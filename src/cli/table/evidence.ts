import type { Command, Flag } from './command';
import { exitMeanings } from './command';

const key = (summary: string, required: Pick<Flag, 'required'> = {}): Flag => ({
  name: 'key',
  value: 'FILE',
  ...required,
  summary,
});

/** `evidence`, which makes it, and `evidence verify`. */
export const evidence = {
  summary: 'write signed evidence of the rotations of this stack, for an auditor',
  about: [
    'Writes what the history and the state of the stack prove of each rotation: who, when, which accounts, what was measured, and how it ended. The file is signed; each entry holds the hash of the one before. A page and a table for people are written beside it. It holds no secret. Changes nothing else.',
  ],
  worksAlone: true,
  flags: [
    { name: 'out', value: 'FILE', required: true, summary: 'the signed file, such as evidence.json' },
    {
      name: 'since',
      value: 'TIME',
      default: 'the whole history',
      summary: 'only rotations that ended since then, e.g. 2026-01-31 (midnight UTC)',
    },
    {
      name: 'max-age',
      value: 'AGE',
      summary: 'end with 10 if a password is older, or its age is not known, e.g. 90d',
    },
    key('sign with the Ed25519 key in this PEM file'),
    { name: 'kms-key', value: 'KEY', summary: 'sign with this key of AWS KMS (ARN, id or alias)' },
  ],
  exclusive: [['key', 'kms-key']],
  exits: {
    done: 'the evidence is written',
    unexpected: exitMeanings.unexpected,
    configuration: 'a setting or the key is wrong, or the state does not open',
    permission: 'the state may not be read, or the key may not be used',
    'before-switch': 'the state or AWS KMS cannot be reached',
    drift: 'the evidence is written, and a password is older than --max-age',
  },
  examples: [
    ['evidence --since 2026-01-01 --key evidence.pem --out evidence.json', 'the rotations of a year'],
    ['evidence --max-age 90d --kms-key alias/evidence --out evidence.json', 'for a scheduled control'],
  ],
  below: {
    verify: {
      summary: 'verify evidence by the public key alone, offline',
      positional: { name: 'FILE', summary: 'the signed file', required: true },
      flags: [
        key('the public key, a PEM file', { required: true }),
        {
          name: 'after',
          value: 'FILE',
          summary: 'also verify that it goes on where this earlier evidence ended',
        },
      ],
      exits: {
        done: 'it is as it was signed, and holds together',
        unexpected: exitMeanings.unexpected,
        configuration: 'a file cannot be read, or the key is none',
        drift: 'it was changed, something is missing, or another key signed it',
      },
      examples: [['evidence verify evidence.json --key public.pem', 'what it proves, or what is wrong']],
    },
  },
} satisfies Command;
