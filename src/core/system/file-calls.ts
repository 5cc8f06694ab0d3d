import fs, { type RmOptions, type Stats } from 'node:fs';

// Small calls of the file system: those for files and directories that are our own, the person's or the run's. Node.js
// hands a call to a thread and takes its answer back, which costs about twenty times the call itself, and a command makes
// two hundred. So a command calls directly where nothing else runs in it. The extension's host must not wait for a disk,
// and neither must a launcher once the run of its lease has started (see `Lease.run`): signals have to be passed on.
//
// Files of others, which may be pipes or have a slow file server, are opened with open-file.ts, and have a deadline.

/** An open file of ours. */
export interface OwnFile {
  readonly fd: number;
  stat(): Promise<Stats>;
  writeFile(content: Uint8Array | string): Promise<void>;
  /** Writes at a position, without a change of size. */
  write(text: string, position: number): Promise<unknown>;
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface FileCalls {
  lstat(path: string | Buffer): Promise<Stats>;
  stat(path: string): Promise<Stats>;
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
  realpath(path: string): Promise<string>;
  access(path: string, mode: number): Promise<void>;
  mkdir(path: string, options: { readonly mode: number }): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rm(path: string, options: RmOptions): Promise<void>;
  link(path: string, as: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  open(path: string, flags: string | number, mode?: number): Promise<OwnFile>;
}

/** Makes a function that gives a promise of one that has its result at once. */
const promised =
  <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
  (...args: Args): Promise<Result> =>
    new Promise((resolve) => {
      resolve(call(...args));
    });

const direct: FileCalls = {
  lstat: promised((path: string | Buffer) => fs.lstatSync(path)),
  stat: promised((path) => fs.statSync(path)),
  readdir: promised((path) => fs.readdirSync(path)),
  readlink: promised((path) => fs.readlinkSync(path)),
  realpath: promised((path) => fs.realpathSync.native(path)),
  access: promised((path: string, mode: number) => {
    fs.accessSync(path, mode);
  }),
  mkdir: promised((path, { mode }) => {
    fs.mkdirSync(path, { mode });
  }),
  rmdir: promised((path) => {
    fs.rmdirSync(path);
  }),
  unlink: promised((path) => {
    fs.unlinkSync(path);
  }),
  rm: promised((path, options) => {
    fs.rmSync(path, options);
  }),
  link: promised((path, as) => {
    fs.linkSync(path, as);
  }),
  rename: promised((from, to) => {
    fs.renameSync(from, to);
  }),
  chmod: promised((path, mode) => {
    fs.chmodSync(path, mode);
  }),
  open: promised((path, flags, mode) => new DirectFile(fs.openSync(path, flags, mode))),
};

class DirectFile implements OwnFile {
  readonly fd: number;
  #isOpen = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  readonly stat = promised(() => fs.fstatSync(this.fd));
  readonly writeFile = promised((content: Uint8Array | string) => {
    fs.writeFileSync(this.fd, content);
  });
  readonly write = promised((text: string, position: number) => fs.writeSync(this.fd, text, position));
  readonly chmod = promised((mode: number) => {
    fs.fchmodSync(this.fd, mode);
  });
  readonly chown = promised((uid: number, gid: number) => {
    fs.fchownSync(this.fd, uid, gid);
  });
  readonly sync = promised(() => {
    fs.fsyncSync(this.fd);
  });
  readonly close = promised(() => {
    // Its number may be that of another file by now.
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fs.closeSync(this.fd);
  });
}

let isDirect = false;

/**
 * Calls the file system directly from now on, or through Node.js's threads again.
 *
 * @returns the way until now.
 */
export function callDirectly(on: boolean): boolean {
  const before = isDirect;
  isDirect = on;
  return before;
}

/** Tells whether calls are direct now. */
export const callsDirectly = (): boolean => isDirect;

// Node.js loads these at the first use, with all of its module for lines of text.
const calls = (): FileCalls => (isDirect ? direct : fs.promises);

export const lstat: FileCalls['lstat'] = async (path) => calls().lstat(path);
export const stat: FileCalls['stat'] = async (path) => calls().stat(path);
export const readdir: FileCalls['readdir'] = async (path) => calls().readdir(path);
export const readlink: FileCalls['readlink'] = async (path) => calls().readlink(path);
export const realpath: FileCalls['realpath'] = async (path) => calls().realpath(path);
export const access: FileCalls['access'] = async (path, mode) => calls().access(path, mode);
export const mkdir: FileCalls['mkdir'] = async (path, options) => calls().mkdir(path, options);
export const rmdir: FileCalls['rmdir'] = async (path) => calls().rmdir(path);
export const unlink: FileCalls['unlink'] = async (path) => calls().unlink(path);
export const rm: FileCalls['rm'] = async (path, options) => calls().rm(path, options);
export const link: FileCalls['link'] = async (path, as) => calls().link(path, as);
export const rename: FileCalls['rename'] = async (from, to) => calls().rename(from, to);
export const chmod: FileCalls['chmod'] = async (path, mode) => calls().chmod(path, mode);
export const open: FileCalls['open'] = async (path, flags, mode) => calls().open(path, flags, mode);
