// A `portcullis serve` of our own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { start } from './children.mjs';

/** A busy machine takes 20 s to begin a big sandbox. */
const LONGEST_START = 60_000;
const LONGEST_STOP = 15_000;

export class Server {
  #options;
  #data;
  #log;
  #process;

  constructor(options, data, log) {
    this.#options = options;
    this.#data = data;
    this.#log = log;
  }

  /** Starts it on a new folder and a free port. */
  static async start(options) {
    const server = new Server(options, mkdtempSync(join(tmpdir(), 'portcullis-browser-')), []);
    await server.#run();
    return server;
  }

  /** Starts it again on the same folder. */
  async again() {
    const server = new Server(this.#options, this.#data, this.#log);
    await server.#run();
    return server;
  }

  async #run() {
    const { portcullis, site, kubeconfig, seed } = this.#options;
    const cluster = kubeconfig ? ['--kubeconfig', kubeconfig] : ['--sandbox', ...(seed ? ['--seed', seed] : [])];
    const pages = site ? ['--site', site] : [];
    const args = ['serve', ...cluster, ...pages, '--listen', '127.0.0.1:0', '--data', this.#data];
    this.#process = start(portcullis, args);
    createInterface(this.#process.stderr).on('line', (line) => this.#log.push(line));
    this.link = await this.#printedLink();
    this.url = new URL(this.link).origin;
  }

  #printedLink() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no link within ${LONGEST_START / 1000} s`)), LONGEST_START);
      this.#process.once('error', reject);
      this.#process.once('exit', (code) => reject(new Error(`it ended with ${code}: ${this.#log.slice(-3).join(' ')}`)));
      createInterface(this.#process.stdout).once('line', (line) => {
        clearTimeout(timer);
        const link = line.match(/http:\/\/\S+/)?.[0];
        if (link) resolve(link);
        else reject(new Error(`it printed no link but: ${line}`));
      });
    });
  }

  /** Its folder. */
  get data() {
    return this.#data;
  }

  /** The sandbox's file. */
  get sandbox() {
    return join(this.#data, 'sandbox.db');
  }

  /** Ends it as Ctrl-C does; it must end by itself and well. */
  async stop() {
    const process = this.#process;
    if (process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', (code, signal) => resolve({ code, signal })));
    process.kill('SIGINT');
    const timer = setTimeout(() => process.kill('SIGKILL'), LONGEST_STOP);
    const { code, signal } = await ended;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`Portcullis did not end well on SIGINT: ${signal ?? code}`);
  }

  /** Kills it, as a crash does. */
  async kill() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** Ends it and removes its folder; gives its log. */
  async end() {
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
    return this.#log.join('\n');
  }
}
