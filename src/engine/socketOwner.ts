import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Linux's list of this network's TCP sockets: proc(5), Documentation/networking/proc_net_tcp.rst of the kernel. */
const tableFile = '/proc/net/tcp';
const listening = '0A';
/** The kernel gives the table page by page: a socket is missing from a reading when others come and go meanwhile. */
const readings = 5;

/** One end of a TCP connection over the loopback, or a port that is listened on (`remotePort` 0). */
export interface LoopbackSocket {
  localPort: number;
  remotePort: number;
}

/**
 * Asks the kernel whether one of these processes has the socket at 127.0.0.1 with these ports open.
 * @returns undefined where the kernel cannot be asked: not Linux, or its tables are hidden
 */
export function isSocketOf(pids: Iterable<number>, wanted: LoopbackSocket): boolean | undefined {
  let inode: string | undefined;
  try {
    for (let time = 0; inode === undefined && time < readings; time++)
      inode = inodeIn(readFileSync(tableFile, 'utf8'), wanted);
  } catch {
    return undefined;
  }
  if (inode === undefined) return false;
  const link = `socket:[${inode}]`;
  return [...pids].some((pid) => openFiles(pid).includes(link));
}

/** The inode of that socket, by the kernel's table; undefined when there is none, or nobody has it open any more. */
export function inodeIn(table: string, { localPort, remotePort }: LoopbackSocket): string | undefined {
  const isListener = remotePort === 0;
  const local = addressOf(localPort);
  const remote = isListener ? '00000000:0000' : addressOf(remotePort);
  for (const line of table.split('\n').slice(1)) {
    const [, from, to, state, , , , , , inode] = line.trim().split(/\s+/);
    if (from !== local || to !== remote || (state === listening) !== isListener) continue;
    if (inode !== undefined && inode !== '0') return inode;
  }
  return undefined;
}

/** 127.0.0.1 with a port, as the table of a little-endian machine writes it (Node.js on Linux runs on s390x, too). */
function addressOf(port: number): string {
  const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  return `${isLittle ? '0100007F' : '7F000001'}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** What the open files of a process are; nothing for a process of somebody else, or one that has ended. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(`${folder}/${name}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
