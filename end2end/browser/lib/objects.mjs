// The cluster's objects, read through its own API and not through Portcullis.
import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { start } from './children.mjs';

const CALICO = '/apis/projectcalico.org/v3';

/** The API of a sandbox's file, over HTTP. */
export class SandboxApi {
  static async start(options, file, address = '127.0.0.1:0') {
    const server = start(options['sandbox-api'], [file, address]);
    let said = '';
    server.stderr.on('data', (text) => { said += text; });
    const url = await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`sandbox-api ended with ${code}: ${said}`)));
      createInterface(server.stdout).once('line', resolve);
    });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    const close = () => {
      server.kill('SIGTERM');
      return ended;
    };
    return { url, close };
  }
}

export class Objects {
  #get;
  #close;

  constructor(get, close = async () => {}) {
    this.#get = get;
    this.#close = close;
  }

  /** Of a real cluster, by kubectl. */
  static ofCluster({ kubeconfig, kubectl }) {
    return new Objects(async (path) => {
      const { stdout } = await promisify(execFile)(kubectl, ['--kubeconfig', kubeconfig, 'get', '--raw', path], { maxBuffer: 1 << 26 });
      return JSON.parse(stdout);
    });
  }

  /** Of the sandbox in this file, by its API on a port of its own. */
  static async ofSandbox(options, file) {
    const { url, close } = await SandboxApi.start(options, file);
    return new Objects(async (path) => {
      const answer = await fetch(url + path);
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    }, close);
  }

  /** What Portcullis may write, less what an API server sets: `Kind namespace/name` → object. */
  async policies() {
    const lists = ['globalnetworksets', 'hostendpoints', 'networkpolicies', 'globalnetworkpolicies'];
    const found = {};
    for (const list of lists) {
      const { kind, items } = await this.#get(`${CALICO}/${list}`);
      for (const { metadata, spec } of items) {
        const key = [kind.replace(/List$/, ''), [metadata.namespace, metadata.name].filter(Boolean).join('/')].join(' ');
        found[key] = { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {}, spec };
      }
    }
    return found;
  }

  close() {
    return this.#close();
  }
}
