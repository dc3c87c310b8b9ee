// A cluster with something to show: two revisions of a Service, a third as a plan.
import { apply, go, onInterface, review, type } from './job.mjs';

export const SERVICE = '/services/shop/svc-a';

/** Makes it; gives the addresses of a page of each kind, by name. */
export async function prepare(page) {
  const path = () => new URL(page.url()).pathname;
  await go(page, SERVICE);
  await onInterface(page, 'eth0');
  await type(page, '50.60.0.0/16');
  await review(page);
  await apply(page, 'the first');
  await go(page, SERVICE);
  await type(page, '50.60.0.0/16', '203.0.113.0/24', '2001:db8::/32');
  await review(page);
  const run = await apply(page, 'the second');
  await go(page, SERVICE);
  await type(page, '50.0.0.0/8');
  await review(page);
  const plan = path();
  // The draft would be kept in this window's session; other windows have their own.
  await go(page, '/history?service=shop/svc-a');
  const revisions = page.locator('li.event a[href^="/revisions/"]');
  const [to, from] = await revisions.evaluateAll((links) => links.map((link) => link.getAttribute('href').split('/').at(-1)));
  return {
    Services: '/services',
    'Services, none found': '/services?q=no-such-service',
    'Services, filtered': '/services?state=guarded&exposed=true',
    'Service, guarded': SERVICE,
    'Service, open': '/services/shop/svc-b',
    'Service, its paths': `${SERVICE}?tab=path&line=0`,
    'Service, headless': '/services/payments/ledger',
    Ask: '/ask',
    'Ask, answered': '/ask?client=198.51.100.7&to=shop/svc-a&port=80',
    'Ask, beside a plan': `/ask?client=50.1.2.3&to=shop/svc-a&port=80&plan=${plan.split('/').at(-1)}`,
    Plan: plan,
    'Plan, side by side': `${plan}?diff=split`,
    Run: run,
    Changes: '/changes',
    History: '/history',
    'History of a Service': '/history?service=shop/svc-a',
    'History, empty': '/history?service=shop/svc-b',
    Revision: `/revisions/${from}`,
    'Revision in force': `/revisions/${to}`,
    Compare: `/compare?from=${from}&to=${to}`,
    Checks: '/checks',
    Cluster: '/cluster',
  };
}
