// The rig that a real cluster runs on: packets from its clients, and the death of its programs.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How many connections each client opens: a Service has several pods, and each is another path. */
const TRIES = 3;

export class Rig {
  #command;

  constructor(program, folder) {
    this.#command = async (...words) => {
      try {
        return (await promisify(execFile)(program, [...words, '--run', folder])).stdout;
      } catch (error) {
        // A packet that is denied is an exit code too.
        if (error.code === 1 && error.stdout) return error.stdout;
        throw error;
      }
    };
  }

  /** Which of these clients get in at `ADDRESS:PORT`: true, false, or what became of each connection where they differ. */
  async getIn(clients, to) {
    const asked = clients.map(async (client) => {
      const outcomes = await Promise.all(Array.from({ length: TRIES }, () => this.#command('probe', client, to)));
      const allowed = outcomes.filter((text) => text.startsWith('allowed: ')).length;
      const denied = outcomes.filter((text) => text.startsWith('denied: ')).length;
      return [client, allowed === TRIES || (denied === TRIES ? false : outcomes)];
    });
    return Object.fromEntries(await Promise.all(asked));
  }

  /** Kills a program of the cluster, which the rig starts again. */
  async kill(program) {
    await this.#command('kill', program);
  }
}
