import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { TLSSocket } from 'node:tls';
import { Bytes, Reader } from './mysqlPackets';

/** A row as a statement answers it; null is NULL, all else goes over the wire as text. */
export type Row = Record<string, string | number | null>;

/** A refusal of the server, by its own number. */
export class ServerError extends Error {
  constructor(
    readonly errno: number,
    message = 'refused',
  ) {
    super(message);
  }
}

/** One connection, as the statements see it. */
export interface Client {
  id: number;
  username: string;
}

/** What stands behind the protocol. */
export interface Database {
  version: string;
  /** The passwords that a user name is let in with. @throws ServerError when it is let in with none */
  passwordsOf(username: string): readonly string[];
  loggedIn(client: Client): void;
  refused(username: string): void;
  query(client: Client, sql: string): Promise<Row[]>;
  ended(client: Client): void;
}

/** CLIENT_… flags: dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html */
const capabilities =
  1 | 2 | 4 | 8 | 0x200 | 0x800 | 0x2000 | 0x8000 | 0x80000 /* PLUGIN_AUTH */ | 0x100000 | 0x200000;
const [withDatabase, overTls] = [8, 0x800];
const comQuit = 1;
const comQuery = 3;

/** Ids never come again: the product knows its own sessions by them, in one process. */
let lastId = 1000;
/** A port is used once in a process: the product counts refused logins by host and port. */
const usedPorts = new Set<number>();

/** Speaks as much of MySQL's protocol as mysql2 needs to log in over TLS and to ask in text. */
export class MysqlServer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly database: Database,
    private readonly secure: SecureContext,
  ) {
    this.server = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      new Conversation(socket, this.database, this.secure).begin();
    });
  }

  /** Listens on a free port of the loopback interface. */
  static async start(database: Database, secure: SecureContext): Promise<MysqlServer> {
    for (;;) {
      const server = new MysqlServer(database, secure);
      await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
      if (!usedPorts.has(server.port)) {
        usedPorts.add(server.port);
        return server;
      }
      server.close();
    }
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** One connection from its greeting to its end. */
class Conversation {
  private readonly salt = Buffer.from(randomBytes(20).map((byte) => (byte % 90) + 33));
  private readonly client: Client = { id: (lastId += 1), username: '' };
  private received = Buffer.alloc(0);
  private sequence = 0;
  private stage: 'greeted' | 'secured' | 'logged-in' = 'greeted';
  private socket: Socket;
  private busy: Promise<void> = Promise.resolve();
  private readonly listener = (chunk: Buffer): void => this.take(chunk);

  constructor(
    private readonly plain: Socket,
    private readonly database: Database,
    private readonly secure: SecureContext,
  ) {
    this.socket = plain;
  }

  begin(): void {
    this.plain.on('data', this.listener);
    this.plain.on('close', () => {
      if (this.stage === 'logged-in') this.database.ended(this.client);
    });
    const greeting = new Bytes()
      .int(10, 1)
      .text(this.database.version)
      .int(this.client.id, 4)
      .raw(this.salt.subarray(0, 8))
      .int(0, 1)
      .int(capabilities & 0xffff, 2)
      .int(45, 1)
      .int(2, 2)
      .int(capabilities >>> 16, 2)
      .int(21, 1)
      .raw(Buffer.alloc(10))
      .raw(this.salt.subarray(8))
      .int(0, 1)
      .text('mysql_native_password');
    this.send(greeting);
  }

  private take(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    while (this.received.length >= 4) {
      const length = this.received.readUIntLE(0, 3);
      if (this.received.length < 4 + length) return;
      this.sequence = (this.received[3] ?? 0) + 1;
      const packet = this.received.subarray(4, 4 + length);
      this.received = this.received.subarray(4 + length);
      if (this.stage === 'greeted') return this.toTls();
      if (this.stage === 'secured') this.logIn(new Reader(packet));
      else this.busy = this.busy.then(() => this.command(packet));
    }
  }

  /** The request for TLS is the last packet in clear; what came behind it belongs to TLS already. */
  private toTls(): void {
    this.plain.off('data', this.listener);
    this.plain.pause();
    if (this.received.length > 0) this.plain.unshift(this.received);
    this.received = Buffer.alloc(0);
    const tls = new TLSSocket(this.plain, { isServer: true, secureContext: this.secure });
    tls.on('error', () => undefined);
    tls.on('data', this.listener);
    this.socket = tls;
    this.stage = 'secured';
  }

  private logIn(packet: Reader): void {
    const flags = packet.int(4);
    packet.skip(28);
    const username = packet.textToNull();
    const token = packet.prefixed();
    if ((flags & withDatabase) !== 0) packet.textToNull();
    if ((flags & overTls) === 0) throw new Error('a login without TLS');
    this.client.username = username;
    let problem: ServerError | undefined;
    try {
      const known = this.database.passwordsOf(username);
      if (!known.some((password) => scramble(password, this.salt).equals(token)))
        problem = new ServerError(1045);
    } catch (error) {
      problem = error as ServerError;
    }
    if (problem !== undefined) {
      this.database.refused(username);
      this.fail(problem);
      this.socket.end();
      return;
    }
    this.stage = 'logged-in';
    this.database.loggedIn(this.client);
    this.send(ok());
  }

  private async command(packet: Buffer): Promise<void> {
    if (packet[0] === comQuit) {
      this.socket.end();
      return;
    }
    if (packet[0] !== comQuery) return this.fail(new ServerError(1047));
    try {
      this.answer(await this.database.query(this.client, packet.subarray(1).toString('utf8')));
    } catch (error) {
      this.fail(error instanceof ServerError ? error : new ServerError(1105, String(error)));
    }
  }

  private answer(rows: Row[]): void {
    const [first] = rows;
    if (first === undefined) return this.send(ok());
    const names = Object.keys(first);
    this.socket.cork();
    const end = (): Bytes => new Bytes().int(0xfe, 1).int(0, 2).int(2, 2);
    this.send(new Bytes().int(names.length, 1));
    for (const name of names) {
      const column = new Bytes();
      for (const text of ['def', '', '', '', name, name]) column.prefixed(text);
      this.send(column.int(12, 1).int(45, 2).int(1024, 4).int(0xfd, 1).int(0, 2).int(0, 1).int(0, 2));
    }
    this.send(end());
    for (const row of rows) {
      const values = new Bytes();
      for (const name of names) {
        const value = row[name] ?? null;
        if (value === null) values.int(0xfb, 1);
        else values.prefixed(String(value));
      }
      this.send(values);
    }
    this.send(end());
    this.socket.uncork();
  }

  private fail({ errno, message }: ServerError): void {
    this.send(
      new Bytes()
        .int(0xff, 1)
        .int(errno, 2)
        .raw(Buffer.from(`#HY000${message}`)),
    );
  }

  private send(bytes: Bytes): void {
    const payload = bytes.done();
    const header = new Bytes().int(payload.length, 3).int(this.sequence & 0xff, 1);
    this.sequence += 1;
    this.socket.write(Buffer.concat([header.done(), payload]));
  }
}

function ok(): Bytes {
  return new Bytes().int(0, 3).int(2, 2).int(0, 2);
}

/** mysql_native_password: SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))). */
function scramble(password: string, salt: Buffer): Buffer {
  const sha1 = (...parts: (Buffer | string)[]): Buffer =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
  const once = sha1(password);
  const mask = sha1(salt, sha1(once));
  return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0)));
}
