// The product in a browser: starts Portcullis, drives its pages in Chromium as people do, and looks at the cluster's objects through its API.
//
//   node run.mjs [--kubeconfig FILE --kubectl FILE [--rig FILE --rig-run DIR]] [--portcullis FILE] [--sandbox-api FILE] [--site DIR] [--chromium FILE]
//                [--only TEXT] [--shots DIR]
//
// Without a kubeconfig it runs on the sandbox; with one, the tests that are for any cluster run on that one, with packets if it is a rig. One line is printed for each test,
// and at the end `N passed, N failed, N skipped`.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { flags } from './lib/flags.mjs';
import { runAll } from './lib/runner.mjs';

const options = flags(process.argv.slice(2));
const folder = fileURLToPath(new URL('tests/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.mjs')).sort();
const groups = await Promise.all(files.map(async (name) => (await import(`./tests/${name}`)).default));
const chosen = groups.filter((group) => (group.needsRig ? options.rig : !options.kubeconfig || group.anyCluster));
const tally = await runAll(chosen, options);
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed > 0 ? 1 : 0);
