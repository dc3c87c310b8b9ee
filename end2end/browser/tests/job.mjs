// The whole job: pick a Service, say who may reach it, review, apply, compare, take it back.
import * as act from '../action/job.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { packets } from '../check/packets.mjs';
import * as editor from '../find/editor.mjs';
import * as plan from '../find/plan.mjs';
import * as services from '../find/services.mjs';
import { group } from '../lib/runner.mjs';

const SERVICE = { namespace: 'shop', name: 'svc-a', address: '10.20.30.40' };
const FIRST = '50.60.0.0/16';
const SECOND = '203.0.113.0/24';
const TO = `${SERVICE.address}:80`;
const PAGE = `/services/${SERVICE.namespace}/${SERVICE.name}`;

/** What one test hands to the next. */
const kept = {};

/** Every net of the rules and sets of these objects. */
const nets = (objects) => {
  const found = [];
  const walk = (value, key) => {
    if (Array.isArray(value)) value.forEach((item) => (key === 'nets' ? found.push(item) : walk(item, key)));
    else if (value && typeof value === 'object') Object.entries(value).forEach(([name, inner]) => walk(inner, name));
  };
  walk(Object.values(objects).map(({ spec }) => spec), '');
  return [...new Set(found)].sort();
};

const ours = (before, after) => Object.fromEntries(Object.entries(after).filter(([key, object]) => JSON.stringify(before[key]) !== JSON.stringify(object)));

export default group('job', {
  'the cluster before': async (stage) => {
    kept.before = await stage.objects((objects) => objects.policies());
    same(Object.keys(kept.before).filter((key) => key.includes('portcullis-')), [], 'objects of Portcullis in a cluster that it has not touched');
    await packets(stage, TO, 'everybody');
  },

  'pick a Service by typing; the address is the state': async (stage) => {
    const { page } = await stage.window();
    await act.pick(page, SERVICE.name);
    await page.goBack();
    await soon(async () => same(await services.search(page).inputValue(), SERVICE.name, 'the search after going back'));
    await soon(async () => same(await services.rows(page).count(), 1, 'rows of the search'));
    await services.search(page).fill('no such service');
    await page.getByText('No Service matches').waitFor();
  },

  'say who may reach it: errors by name, a preview that follows': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await act.onInterface(page, 'eth0');

    await act.type(page, '50.60.1.0/16');
    await soon(async () => holds(/50\.60\.0\.0\/16/.test(await editor.message(page, 1).innerText()), 'host bits set: the message names the range that fits'));
    await soon(async () => same(await editor.range(page, 1).getAttribute('aria-invalid'), 'true', 'a wrong range is marked'));
    await soon(async () => holds(await editor.reviewPlan(page).isDisabled(), 'nothing is planned from a wrong range'));

    await act.type(page, FIRST);
    await soon(async () => same(await editor.message(page, 1).innerText(), '', 'a right range has no message'));
    const preview = editor.preview(page);
    await preview.getByText(FIRST).first().waitFor();
    await preview.getByText(`${SERVICE.address}/32`).first().waitFor();
    await preview.getByText('preDNAT: true').first().waitFor();

    await act.type(page, FIRST, SECOND);
    await preview.getByText(SECOND).first().waitFor();
    await page.getByRole('button', { name: 'Remove range 2' }).click();
    await preview.getByText(SECOND).first().waitFor({ state: 'detached' });

    await page.reload();
    await act.alive(page);
    await soon(async () => same(await editor.range(page, 1).inputValue(), FIRST, 'the draft after a reload'));
  },

  'review: objects, steps in order, findings': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await act.onInterface(page, 'eth0');
    await act.type(page, FIRST);
    await act.review(page);
    const steps = await plan.steps(page).allInnerTexts();
    holds(/edge policy/i.test(steps.at(-2)), `the nodes shut out: ${steps.at(-2)}`);
    holds(/pod policy/i.test(steps.at(-1)), `and then come the pods: ${steps.at(-1)}`);
    await plan.objects(page).getByText(FIRST).first().waitFor();
    await soon(async () => holds(await plan.apply(page).isVisible(), 'it can be applied'));
    const blockers = await page.getByText(/^blocker$/i).count();
    same(blockers, 0, 'blockers');
    kept.plan = new URL(page.url()).pathname;
  },

  'apply with a reason: it lands while one looks, and outlives a reload': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, kept.plan);
    await plan.apply(page).click();
    same(await plan.reason(page).evaluate((field) => field.validity.valueMissing), true, 'a reason is required');
    kept.run = await act.apply(page, 'the partner moves in');
    await page.reload();
    await plan.landed(page).waitFor();
    await act.go(page, PAGE);
    await page.getByText('guarded').first().waitFor();
    await packets(stage, TO, 'authorised');
  },

  'the objects, through the API': async (stage) => {
    const after = await stage.objects((objects) => objects.policies());
    kept.first = ours(kept.before, after);
    const of = (kind) => Object.entries(kept.first).filter(([key]) => key.startsWith(`${kind} `)).map(([, object]) => object);
    const edge = of('GlobalNetworkPolicy').filter(({ spec }) => spec.preDNAT);
    same(edge.length, 1, 'edge policies');
    same(edge[0].spec.applyOnForward, true, 'applyOnForward of the edge policy');
    const actions = edge[0].spec.ingress.map(({ action }) => action);
    same([actions[0], actions.at(-1)], ['Allow', 'Deny'], 'the first and the last rule of the edge policy');
    const meant = edge[0].spec.ingress.at(-1).destination.selector;
    const label = /^(\S+) == '(.+)'$/.exec(meant);
    const addresses = of('GlobalNetworkSet').filter(({ labels }) => labels[label[1]] === label[2]);
    same(addresses.map(({ spec }) => spec.nets), [[`${SERVICE.address}/32`]], 'the addresses that the edge policy means');
    same(nets(kept.first).includes(FIRST), true, `${FIRST} is allowed`);
    const everything = JSON.stringify(kept.first);
    holds(everything.includes(SERVICE.name), 'the objects say which Service they are of');
  },

  'what was applied reads back as it was written': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    holds(!(await page.getByText('drifted').first().isVisible()), 'the Service has not drifted');
    await editor.reviewPlan(page).click();
    await page.waitForURL('**/plans/*');
    await page.getByText('Nothing to apply').waitFor();
  },

  'a second change, and the two compared': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await act.type(page, FIRST, SECOND);
    await act.review(page);
    await act.apply(page, 'the office too');
    await packets(stage, TO, 'authorised');

    await act.go(page, `/history?service=${SERVICE.namespace}/${SERVICE.name}`);
    await page.getByText('the partner moves in').waitFor();
    await page.getByRole('button', { name: 'Compare the two chosen' }).click();
    await page.waitForURL('**/compare?*');
    await page.getByText(SECOND).first().waitFor();
    await page.locator('.diff, [class*=diff]').getByText(SECOND).first().waitFor();
  },

  'roll back, which is a plan of its own': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, `/history?service=${SERVICE.namespace}/${SERVICE.name}`);
    await page.locator('li.event').nth(1).getByRole('link').first().click();
    await page.getByRole('button', { name: /^Plan to return to revision/ }).click();
    await page.waitForURL('**/plans/*');
    await page.getByRole('heading', { name: /^Roll back/ }).waitFor();
    await act.apply(page, 'the office is not meant');
    await packets(stage, TO, 'authorised');
    const rolledBack = ours(kept.before, await stage.objects((objects) => objects.policies()));
    const spec = (objects) => Object.fromEntries(Object.entries(objects).sort().map(([key, object]) => [key, object.spec]));
    same(spec(rolledBack), spec(kept.first), 'the objects after the roll back');
  },

  'stop guarding: the cluster is as it was': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await editor.stopGuarding(page).click();
    await page.waitForURL('**/plans/*');
    await act.apply(page, 'the partner moves out');
    await packets(stage, TO, 'everybody');
    const after = await stage.objects((objects) => objects.policies());
    const left = Object.keys(ours(kept.before, after)).filter((key) => !key.startsWith('HostEndpoint '));
    same(left, [], 'what is left of the job');
  },
}, { anyCluster: true });
