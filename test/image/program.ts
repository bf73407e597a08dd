import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { credentials, Metadata, status } from '@grpc/grpc-js';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import type { Architecture } from '../../image/architecture';
import { thisArchitecture } from '../../image/architecture';
import { imageConfiguration } from '../../image/layout';
import { emulatorOf } from '../../lab/package';
import { messages, ResourceProviderClient } from '../../src/sdk/protocol';

/** Time for one call, in milliseconds: an emulated program is some thirty times as slow. */
const CALL = 120_000;

/** What a plugin says of itself. */
export interface Answers {
  version: string;
  /** Why its configuration was refused; empty when it was taken. */
  refusals: string[];
}

/** Runs programs of an unpacked image in it, as its user and with its variables; under an emulator where it is for another machine. */
export class ImagePrograms {
  private readonly emulator: string[];

  /** @param root of a tree that nobody looks at any more: the emulator comes into its /tmp */
  constructor(
    private readonly root: string,
    architecture: Architecture,
  ) {
    this.emulator = architecture === thisArchitecture() ? [] : ['/tmp/emulator'];
    if (this.emulator.length === 0) return;
    const file = path.join(root, 'tmp', 'emulator');
    copyFileSync(emulatorOf(architecture), file);
    chmodSync(file, 0o755);
  }

  private command(program: readonly string[]): string[] {
    return [`--userspec=${imageConfiguration.user}`, this.root, ...this.emulator, ...program];
  }

  /** Runs a program to its end; gives what it printed. @throws Error with its output when it fails */
  said(...program: string[]): string {
    const env = imageConfiguration.environment;
    const { status, stdout, stderr, error } = spawnSync('/usr/sbin/chroot', this.command(program), {
      encoding: 'utf8',
      env,
    });
    if (status !== 0)
      throw new Error(`${program.join(' ')}: ${status} ${error?.message ?? ''}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Starts a plugin as the engine does, reads its port, and asks it what the engine asks first. */
  async handshake(name: string, ...program: string[]): Promise<Answers> {
    const child = spawn('/usr/sbin/chroot', this.command(program), {
      env: imageConfiguration.environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    try {
      const port = await Promise.race([
        once(child.stdout, 'data').then(([text]) => Number(String(text).trim())),
        closed.then(([code]) => Promise.reject(new Error(`${program.join(' ')} ended with ${String(code)}`))),
      ]);
      return await ask(name, port);
    } finally {
      child.kill('SIGKILL');
      await closed;
    }
  }
}

async function ask(name: string, port: number): Promise<Answers> {
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const options = { deadline: Date.now() + CALL };
  try {
    const version = await new Promise<string>((resolve, reject) =>
      client.getPluginInfo(new Empty(), new Metadata(), options, (error, info) =>
        error ? reject(error) : resolve(info.getVersion()),
      ),
    );
    const request = new messages.CheckRequest();
    request.setUrn(`urn:pulumi:prod::project::pulumi:providers:${name}::default`);
    request.setOlds(new Struct());
    request.setNews(Struct.fromJavaScript({ version }));
    const refusals = await new Promise<string[]>((resolve, reject) =>
      client.checkConfig(request, new Metadata(), options, (error, answer) =>
        // The engine takes it for consent when a plugin does not have this call, as the stand-in for aws has not.
        error && error.code !== status.UNIMPLEMENTED
          ? reject(error)
          : resolve(answer?.getFailuresList().map((each) => each.getReason()) ?? []),
      ),
    );
    return { version, refusals };
  } finally {
    client.close();
  }
}
