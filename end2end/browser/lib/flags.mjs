// The command line.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const target = fileURLToPath(new URL('../../../target/', import.meta.url));

/** What the tests are told, with the places where cargo and Debian put things as defaults. */
export function flags(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      kubeconfig: text,
      kubectl: { ...text, default: 'kubectl' },
      portcullis: { ...text, default: `${target}debug/portcullis` },
      'sandbox-api': { ...text, default: `${target}debug/sandbox-api` },
      rig: text,
      'rig-run': text,
      site: text,
      chromium: { ...text, default: '/usr/bin/chromium' },
      only: text,
      shots: text,
    },
  });
  const programs = [values.portcullis, values.chromium, ...(values.kubeconfig ? [values.kubeconfig] : [values['sandbox-api']]), ...(values.rig ? [values.rig] : [])];
  const missing = programs.filter((file) => !existsSync(file));
  if (missing.length > 0) {
    throw new Error(`there is no ${missing.join(', ')}: build with \`cargo build --workspace\`, install \`chromium\`, or name the file by its flag`);
  }
  return values;
}
