/**
 * Node: programs that share a heap without one having started the other. The one listens on a socket in a
 * folder that only its user can open; the other connects, and gets the memory's descriptor.
 *
 * A name is a socket's, and is taken under a lock of the folder: so of two programs that find a dead one's
 * socket there, one replaces it. What a killed program leaves is that socket, until somebody wants the name.
 */
import { closeSync, fstatSync, lstatSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { FileExistsError, FileNotFoundError, OSError, RuntimeError, ValueError } from '../errors.ts';
import { loadNative, type Native, whyNoNative } from './native.ts';
import { checkFolder, folder, makeFolder, ownUser } from './node-folder.ts';
import { builtIn } from './node-modules.ts';
import { readLines } from './node-processes.ts';
import type { Guest, Invitation, TakenName } from './platform.ts';

function nativePart(): Native {
  const native = loadNative();
  if (native === undefined) throw new RuntimeError(`programs cannot share memory here: ${whyNoNative()}`);
  return native;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

// ── names ────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes of a path that a socket can have; the last one is a zero. */
const LONGEST_PATH = 107;

/** @throws ValueError */
function pathOf(name: string): string {
  const path = join(folder(), name);
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new ValueError(`the name is too long: ${path} has more than ${LONGEST_PATH} bytes, which is what a socket can have`);
  return path;
}

/** Runs `work` while no other program takes or frees a name. The folder is there. */
function alone<T>(work: () => T): T {
  const path = folder();
  for (;;) {
    makeFolder();
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      // Somebody was the last to leave it.
      if (codeOf(error) === 'ENOENT') continue;
      throw error;
    }
    try {
      nativePart().lock(descriptor);
      // It may have been removed meanwhile, and another made.
      if (lstatSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(descriptor).ino) continue;
      return work();
    } finally {
      closeSync(descriptor);
    }
  }
}

function isListening(path: string): boolean {
  try {
    closeSync(nativePart().connect(path));
    return true;
  } catch (error) {
    // Too many who are waiting: then somebody listens.
    if (codeOf(error) === 'EAGAIN') return true;
    if (codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export function takeName(name: string): TakenName {
  const path = pathOf(name);
  const native = nativePart();
  const descriptor = alone(() => {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
      if (isListening(path)) throw new FileExistsError(`another program shares its heap as '${name}'`);
      unlinkSync(path);
    }
    return native.listenAt(path);
  });
  return {
    descriptor,
    free() {
      try {
        alone(() => {
          unlinkSync(path);
          rmdirSync(folder());
        });
      } catch {
        // It is gone already, or another program has a name in it.
      }
    },
  };
}

/** Who has the other end of a connection. */
function peerOf(native: Native, fd: number): { user: number; pid: number } {
  const words = new Int32Array(2);
  native.peer(fd, words);
  return { user: (words[0] as number) >>> 0, pid: words[1] as number };
}

// ── who shares ───────────────────────────────────────────────────────────────────────────────────────

export function receiveGuests(descriptor: number, come: (guest: Guest) => void): () => void {
  const { createServer } = builtIn<typeof import('node:net')>('node:net');
  const native = nativePart();
  const server: Server = createServer((socket) => {
    const guest = guestAt(socket, native);
    if (guest !== undefined) come(guest);
  });
  server.on('error', () => {});
  server.listen({ fd: descriptor });
  return () => void server.close();
}

/** undefined: it is another user's, or gone again. */
function guestAt(socket: Socket, native: Native): Guest | undefined {
  // Node shows its sockets' descriptors nowhere else.
  const { fd } = (socket as unknown as { _handle: { fd: number } | null })._handle ?? { fd: -1 };
  let ended = false;
  let gone = () => {};
  // First of all: whatever becomes of it, its end is seen.
  socket
    .on('error', () => {})
    .on('close', () => {
      ended = true;
      gone();
    });
  let pid: number;
  try {
    const peer = peerOf(native, fd);
    if (peer.user !== ownUser()) throw new OSError('another user');
    ({ pid } = peer);
  } catch {
    socket.destroy();
    return undefined;
  }
  return {
    pid,
    // Once it is destroyed its descriptor may be another file's.
    hasEnded: () => ended || socket.destroyed || native.hasEnded(fd),
    admit(data, memory) {
      try {
        native.send(fd, Buffer.from(`${JSON.stringify({ data })}\n`), memory);
      } catch {
        // It is no more: that is heard, too.
        socket.destroy();
      }
    },
    refuse: (error) => void socket.end(`${JSON.stringify({ error: { name: error.name, message: error.message } })}\n`),
    post: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    on(events) {
      readLines(socket, events.message);
      gone = events.gone;
      // It may be so already.
      if (ended) gone();
    },
  };
}

// ── who joins ────────────────────────────────────────────────────────────────────────────────────────

/** Bytes; it is some hundreds. */
const LONGEST_INVITATION = 65536;

/**
 * A connection to who shares a heap by a name; its `look` answers undefined until the other one has answered.
 */
export function knock(name: string): { look(): Invitation | undefined; leave(): void } {
  const path = pathOf(name);
  const native = nativePart();
  const absent = () => new FileNotFoundError(`no program of this user shares its heap as '${name}'`);
  if (!checkFolder()) throw absent();
  let line: number;
  try {
    line = native.connect(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'EAGAIN') throw absent();
    throw error;
  }
  const leave = () => closeSync(line);
  try {
    if (peerOf(native, line).user !== ownUser())
      throw new OSError(`it is another user's program that shares its heap as '${name}'`);
    // Before there is a place that depends on it.
    native.keep(line);
  } catch (error) {
    leave();
    throw error;
  }
  const bytes = new Uint8Array(LONGEST_INVITATION);
  const words = new Int32Array(1);
  return {
    leave,
    look() {
      let length: number;
      try {
        length = native.receive(line, bytes, words);
      } catch (error) {
        if (codeOf(error) === 'ECONNRESET') throw absent();
        throw error;
      }
      if (length < 0) return undefined;
      if (length === 0) throw absent();
      const { data, error } = JSON.parse(Buffer.from(bytes.subarray(0, length)).toString());
      if (error !== undefined) throw new RuntimeError(`the program that shares '${name}' takes no guest: ${error.message}`);
      return { data, memory: words[0] as number, line };
    },
  };
}
