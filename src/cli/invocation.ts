import type { GivenValues } from '../settings/settings';
import type { commandTable } from './commandTable';

/** A command's name; `completion` is answered while the command line is read. */
export type CommandName = Exclude<keyof typeof commandTable, 'completion'>;

/** Flags that say what to do; all settings have flags of their own beside these. */
export interface Flags {
  dryRun: boolean;
  /** One JSON object a line while it goes on. */
  logJson: boolean;
  /** The result as one JSON object. */
  json: boolean;
  /** Do not ask. */
  yes: boolean;
  syncDbUsers: boolean;
  /** File mode in octal, or undefined when the flag was not given. */
  fixPermissions: string | undefined;
  /** Where a dry run saves its plan, or a rotation finds it. */
  planFile: string | undefined;
  /** Age such as `30d`; a younger password is not rotated. */
  ifOlderThan: string | undefined;
  /** Where `history` writes its page. */
  html: string | undefined;
  /** Where `history` finds counted requests. */
  load: string | undefined;
  /** How many rotations `history` shows. */
  limit: string | undefined;
  /** Show where each setting came from. */
  origin: boolean;
  values: GivenValues;
}

/** Flags of `fleet`, beside the common ones; as given, and undefined where they were not. */
export interface FleetFlags {
  action: keyof (typeof commandTable)['fleet']['below'];
  file: string;
  /** Names of deployments; empty for all. */
  only: string[];
  concurrency: string | undefined;
  stagger: string | undefined;
  onFailure: string | undefined;
  since: string | undefined;
  anew: boolean;
  index: string | undefined;
  image: string | undefined;
  schedule: string | undefined;
}

/** Flags of `evidence`, beside the common ones; as given, and undefined where they were not. */
export interface EvidenceFlags {
  action: 'make' | keyof (typeof commandTable)['evidence']['below'];
  /** What is verified. */
  file: string | undefined;
  out: string | undefined;
  since: string | undefined;
  maxAge: string | undefined;
  /** Private to make it, public to verify it. */
  key: string | undefined;
  kmsKey: string | undefined;
  /** An earlier file that it must go on from. */
  after: string | undefined;
}

/** Flags of `init`, beside the common ones. */
export interface InitFlags {
  /** Of the kubeconfig; its current one without. */
  context: string | undefined;
  /** A file, or a folder with Terraform code. */
  terraformOutputs: string | undefined;
  cloudFormationOutputs: string | undefined;
  /** What is found takes the place of what the stack file has. */
  force: boolean;
}

/** Flags of `job`, beside the common ones. */
export interface JobFlags {
  action: keyof (typeof commandTable)['job']['below'];
  /** Of the kubeconfig; its current one without. */
  context: string | undefined;
  cronJob: string | undefined;
  /** The Job whose log is followed; the newest one without. */
  name: string | undefined;
  /** What stands behind `--`: arguments of the command in the Job, in the place of its own. */
  args: string[] | undefined;
}

/** A command line as read. */
export interface Invocation {
  command: CommandName;
  flags: Flags;
  /** Of the command `fleet` alone. */
  fleet?: FleetFlags;
  /** Of the command `evidence` alone. */
  evidence?: EvidenceFlags;
  /** Of the command `init` alone. */
  init?: InitFlags;
  /** Of the command `job` alone. */
  job?: JobFlags;
}
