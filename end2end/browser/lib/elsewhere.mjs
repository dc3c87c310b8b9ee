// The cluster's API between Portcullis and the sandbox: somebody else writes there, and writes of Portcullis are refused where a test wants it.
import { createServer, request } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SandboxApi } from './objects.mjs';

const CALICO = '/apis/projectcalico.org/v3';

export class Elsewhere {
  #api;
  #proxy;
  #writes = 0;
  #refused = null;

  /** A Portcullis beside the one of the stage, on the same sandbox; and this between. It ends with `close`. */
  static async beside(stage) {
    await stage.pause();
    const elsewhere = new Elsewhere();
    elsewhere.#api = await SandboxApi.start(stage.options, stage.server.sandbox);
    const url = await elsewhere.#listen();
    const file = join(stage.server.data, 'kubeconfig-elsewhere');
    const named = (value) => [{ name: 'test', ...value }];
    writeFileSync(file, JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: named({ cluster: { server: url } }),
      users: named({ user: {} }),
      contexts: named({ context: { cluster: 'test', user: 'test' } }),
    }));
    const other = await stage.beside({ kubeconfig: file });
    return { elsewhere, other };
  }

  /** From now on the write of this number, from 1, is refused, and no other. */
  refuse(number) {
    this.#writes = 0;
    this.#refused = number;
  }

  /** Writes a range into a GlobalNetworkSet that `which` picks. */
  async add(which, net) {
    const { items } = await (await fetch(`${this.#api.url}${CALICO}/globalnetworksets`)).json();
    const set = items.find(which);
    if (!set) throw new Error('no such GlobalNetworkSet');
    set.spec.nets.push(net);
    const path = `${this.#api.url}${CALICO}/globalnetworksets/${set.metadata.name}`;
    const answer = await fetch(path, { method: 'PUT', body: JSON.stringify(set), headers: { 'content-type': 'application/json' } });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  #listen() {
    this.#proxy = createServer((from, to) => {
      const writes = from.method !== 'GET' && from.url.startsWith(CALICO);
      if (writes && ++this.#writes === this.#refused) {
        from.resume();
        const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, reason: 'Forbidden', message: 'the test does not want it' };
        to.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(status));
        return;
      }
      const on = request(this.#api.url + from.url, { method: from.method, headers: { ...from.headers, host: new URL(this.#api.url).host } }, (answer) => {
        to.writeHead(answer.statusCode, answer.headers);
        answer.pipe(to);
      });
      on.on('error', () => to.destroy());
      to.on('close', () => on.destroy());
      from.pipe(on);
    });
    return new Promise((resolve) => {
      this.#proxy.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${this.#proxy.address().port}`));
    });
  }

  /** Ends the API; the stage's own Portcullis comes back. */
  async close(stage) {
    this.#proxy.close();
    this.#proxy.closeAllConnections();
    await this.#api.close();
    await stage.resume();
  }
}
