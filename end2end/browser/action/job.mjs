// What an operator does, a step of the job each.
import * as editor from '../find/editor.mjs';
import * as plan from '../find/plan.mjs';
import * as services from '../find/services.mjs';

/** A page whose script has come to life. */
export async function alive(page) {
  await page.locator('[data-ready]').waitFor();
}

/** Goes to an address and waits for its life. */
export async function go(page, path) {
  const answer = await page.goto(path);
  await alive(page);
  return answer;
}

/** Finds a Service in the list by typing, and opens it. */
export async function pick(page, name) {
  await go(page, '/services');
  await services.search(page).fill(name);
  await page.waitForURL((url) => url.searchParams.get('q') === name);
  await services.row(page, name).getByRole('link').first().click();
  await page.waitForURL(`**/services/*/${name}`);
}

/** Types the ranges, one after the other, in place of what was there. */
export async function type(page, ...ranges) {
  for (const [at, text] of ranges.entries()) {
    if (!(await editor.range(page, at + 1).isVisible())) await editor.addRange(page).click();
    await editor.range(page, at + 1).fill(text);
  }
}

/** Chooses to create HostEndpoints, where the cluster has none. */
export async function onInterface(page, name) {
  const create = editor.createHostEndpoints(page);
  if (!(await create.isVisible())) return;
  await create.check();
  await editor.hostInterface(page).fill(name);
}

/** From the editor to the plan. */
export async function review(page) {
  await editor.reviewPlan(page).click();
  await page.waitForURL('**/plans/*');
  await plan.steps(page).first().waitFor();
}

/** From the plan to the end of its run; gives the run's path. */
export async function apply(page, reason) {
  await plan.reason(page).fill(reason);
  await plan.apply(page).click();
  await page.waitForURL('**/runs/*');
  await plan.landed(page).waitFor({ timeout: 30_000 });
  return new URL(page.url()).pathname;
}
