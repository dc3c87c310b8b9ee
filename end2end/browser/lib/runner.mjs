// Runs groups of tests one after the other, and prints a line for each test.
import { chromium } from './packages.mjs';
import { Stage } from './stage.mjs';

/**
 * Tests that share one fresh server and run in order.
 *
 * `anyCluster`: whether they run on a real API too, which they leave as they found it. `needsRig`: whether they run only on one that has clients
 * to send packets and programs to kill. `seed`: what its sandbox begins with.
 */
export const group = (title, tests, { anyCluster = false, needsRig = false, seed } = {}) => ({ title, tests, anyCluster, needsRig, seed });

/** Thrown by a test that cannot run here; it is counted, and its reason printed. */
export class Skip extends Error {}

const LONGEST_TEST = 120_000;

/** Runs the groups in one browser; gives how many tests passed, failed and were skipped. */
export async function runAll(groups, options) {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  // Root may not use Chromium's own sandbox; the pages under test are ours.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: options.chromium, args });
  try {
    for (const { title, tests, seed } of groups) {
      const wanted = Object.entries(tests).filter(([name]) => !options.only || `${title}: ${name}`.includes(options.only));
      if (wanted.length > 0) await runGroup(title, wanted, browser, { ...options, seed }, tally);
    }
  } finally {
    await browser.close();
  }
  return tally;
}

async function runGroup(title, tests, browser, options, tally) {
  let stage;
  try {
    stage = await Stage.open(browser, options);
  } catch (error) {
    tally.failed += tests.length;
    console.log(`FAILED  ${title}: Portcullis did not start: ${error.message}`);
    return;
  }
  try {
    for (const [name, run] of tests) await runTest(`${title}: ${name}`, run, stage, tally);
  } finally {
    const log = await stage.close();
    if (tally.failed > tally.shown) console.log(indented(`the end of the server's log:\n${log.split('\n').slice(-15).join('\n')}`));
    tally.shown = tally.failed;
  }
}

async function runTest(name, run, stage, tally) {
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    await within(LONGEST_TEST, run(stage));
    await stage.leave();
    tally.passed += 1;
    console.log(`ok      ${name} (${took()})`);
  } catch (error) {
    if (error instanceof Skip) {
      tally.skipped += 1;
      console.log(`skipped ${name}: ${error.message}`);
    } else {
      tally.failed += 1;
      console.log(`FAILED  ${name} (${took()})\n${indented(error.stack ?? String(error))}`);
      await stage.picture(name);
    }
    await stage.leave().catch(() => {});
  }
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const indented = (text) => text.replace(/^/gm, '        ');
