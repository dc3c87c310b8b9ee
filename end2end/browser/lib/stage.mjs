// What a group of tests plays on: a Portcullis of its own, the browser windows that its tests open, and the cluster's API.
import { mkdirSync } from 'node:fs';
import { Guard } from './guard.mjs';
import { Objects } from './objects.mjs';
import { Rig } from './rig.mjs';
import { Server } from './server.mjs';

export class Stage {
  #browser;
  #windows = [];
  #beside = [];
  #session;

  constructor(browser, options, server) {
    this.#browser = browser;
    this.options = options;
    this.server = server;
    /** Whose clients send packets; none where the cluster is no rig. */
    this.rig = options.rig && new Rig(options.rig, options['rig-run']);
  }

  /** Starts Portcullis on a folder of its own. */
  static async open(browser, options) {
    return new Stage(browser, options, await Server.start(options));
  }

  /** A window of somebody who has not signed in. */
  async stranger({ theme = 'light', width = 1280, height = 900, script = true } = {}) {
    return this.#open({ colorScheme: theme, viewport: { width, height }, javaScriptEnabled: script });
  }

  /** A window of the operator, who followed the printed link. */
  async window({ theme = 'light', width = 1280, height = 900, script = true } = {}) {
    this.#session ??= await this.#signIn();
    return this.#open({ colorScheme: theme, viewport: { width, height }, javaScriptEnabled: script, storageState: this.#session });
  }

  async #signIn() {
    const context = await this.#browser.newContext();
    const answer = await context.request.get(this.server.link, { maxRedirects: 0 });
    if (answer.status() !== 303) throw new Error(`the printed link answers ${answer.status()}`);
    const session = await context.storageState();
    await context.close();
    return session;
  }

  async #open(how) {
    const context = await this.#browser.newContext({ ...how, baseURL: this.server.url, permissions: ['clipboard-write', 'clipboard-read'] });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const guard = new Guard(page);
    await guard.install(how.javaScriptEnabled);
    const opened = { page, guard, context };
    this.#windows.push(opened);
    return opened;
  }

  /** Another Portcullis with a folder of its own, told otherwise; it ends with the test. */
  async beside(told) {
    const stage = await Stage.open(this.#browser, { ...this.options, ...told });
    this.#beside.push(stage);
    return stage;
  }

  /** Ends Portcullis, as Ctrl-C does. */
  async pause() {
    await this.leave();
    await this.server.stop();
  }

  /** Starts it again on the same folder. The windows of before have no session any more. */
  async resume() {
    this.server = await this.server.again();
    this.#session = undefined;
  }

  /** The cluster's objects, by its API. The sandbox has one process at a time, so it is read between a stop and a start. */
  async objects(read) {
    if (this.options.kubeconfig) return read(Objects.ofCluster(this.options));
    await this.pause();
    const objects = await Objects.ofSandbox(this.options, this.server.sandbox);
    try {
      return await read(objects);
    } finally {
      await objects.close();
      await this.resume();
    }
  }

  /** Closes the windows; an error if anything went wrong in one of them. */
  async leave() {
    const windows = this.#windows.splice(0);
    const beside = this.#beside.splice(0);
    for (const { context } of windows) await context.close();
    for (const stage of beside) {
      await stage.leave().finally(() => stage.server.end());
    }
    for (const { guard } of windows) guard.check();
  }

  /** Keeps a picture of every open window. */
  async picture(name) {
    for (const { page } of this.#windows) await this.keep(page, `FAILED ${name}`).catch(() => {});
  }

  /** Keeps a picture of a page, if pictures are asked for. */
  async keep(page, name) {
    if (!this.options.shots) return;
    mkdirSync(this.options.shots, { recursive: true });
    await page.screenshot({ path: `${this.options.shots}/${name.replace(/[^a-z0-9]+/gi, '-')}.png`, fullPage: true });
  }

  /** Ends everything; gives the server's log. */
  async close() {
    await this.leave().catch(() => {});
    return this.server.end();
  }
}
