// One node first: a guard is tried at one node, the run waits, and goes on or is taken back.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { same } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import { group } from '../lib/runner.mjs';

/** From the Service to a run that waits. */
const tried = async (page, node) => {
  await act.go(page, '/services/shop/svc-a');
  await act.onInterface(page, 'eth0');
  await act.type(page, '50.60.0.0/16');
  await act.review(page);
  await page.getByRole('link', { name: 'Try it at one node first' }).click();
  await page.waitForURL('**/plans/*#one-node-first');
  await page.getByLabel('Node', { exact: true }).fill(node);
  await page.getByRole('button', { name: 'Plan it at this node first' }).click();
};

const waits = async (page) => {
  await tried(page, 'node-a');
  await page.getByText('Tried at node-a first.').waitFor();
  await page.getByText('This step shuts clients out at node-a alone.').waitFor();
  await page.getByLabel(/^Reason/).fill('carefully');
  await page.getByRole('button', { name: /^Apply/ }).click();
  await page.getByText('It waits for you').waitFor();
  await page.getByText('node-a decides as planned, the other nodes as before').waitFor();
};

export default group('canary', {
  'a guard is tried at one node, and goes on': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 422: POST \/api\/app\/api\/plan_at_one_node/);
    // A node that is not there is refused where another can be named.
    await tried(page, 'node-z');
    await page.getByText('The cluster has no node node-z: it has node-a').waitFor();
    same(await page.getByLabel('Node', { exact: true }).inputValue(), 'node-z', 'what was typed');
    await waits(page);
    await accessible(page, 'a run that waits');
    await stage.keep(page, 'a run that waits');
    await act.go(page, '/changes');
    await page.getByText('1 run goes on, waits or was interrupted').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: /^Go on with/ }).click();
    await page.getByText('Every step landed').first().waitFor();
    await page.getByRole('link', { name: /^revision \d+$/ }).click();
    await page.getByRole('button', { name: /^Plan to undo revision/ }).click();
    await act.apply(page, 'back to the start');
  },

  'a guard that is tried at one node is taken back, on a phone': async (stage) => {
    const { page } = await stage.window({ width: 390, height: 844, theme: 'dark' });
    await waits(page);
    await fits(page, 'a run that waits');
    await stage.keep(page, 'a run that waits at 390');
    await page.getByRole('button', { name: /^Take back \d+ steps$/ }).click();
    await page.getByText('It was stopped before its end, and what it had changed was put back.').waitFor();
  },
});
