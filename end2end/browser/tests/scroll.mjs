// The list of 10,000 Services under a scrolling hand.
import * as act from '../action/job.mjs';
import { holds, same } from '../check/is.mjs';
import * as services from '../find/services.mjs';
import { group } from '../lib/runner.mjs';

/** Rows of a window of the list, and what the page may hold of elements with them. It holds 2,515. */
const ROWS = 100;
const MOST_ELEMENTS = 3_500;
/** Frames of a pass: down to the end of the list and up again, as fast as a wheel that is spun. */
const FRAMES = 120;
/** A machine that is busy with something else makes a task long now and then; what the page itself does comes back in every pass. */
const PASSES = 5;

/** Lets so many frames go by, scrolling with each or resting: the milliseconds between them, and those of the tasks that took longer than 50. */
const pass = (page, scrolls) =>
  page.evaluate(async ([frames, scrolls]) => {
    const seen = { between: [], long: [], reached: 0 };
    const tasks = new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((entry) => entry.duration)));
    tasks.observe({ type: 'longtask' });
    const end = document.documentElement.scrollHeight - innerHeight;
    scrollTo(0, 0);
    await new Promise(requestAnimationFrame);
    let last = await new Promise(requestAnimationFrame);
    for (let frame = 1; frame <= frames; frame += 1) {
      if (scrolls) scrollTo(0, end * (1 - Math.abs(1 - (2 * frame) / frames)));
      seen.reached = Math.max(seen.reached, scrollY / end);
      const now = await new Promise(requestAnimationFrame);
      seen.between.push(now - last);
      last = now;
    }
    await new Promise((resolve) => setTimeout(resolve, 100)); // long tasks are told a moment later
    tasks.disconnect();
    return seen;
  }, [FRAMES, scrolls]);

/** A frame that took longer than one and a half of the shortest usual distance between two was dropped. */
const dropped = (between) => between.filter((ms) => ms > 25).length;

export default group('scroll', {
  'the list of 10,000 Services scrolls without a long task, and lays nothing out for it': async (stage) => {
    const { page, context, guard } = await stage.window();
    // A slow machine still reads the cluster when the page comes.
    guard.forgive(/^answer 503: (GET \/services|POST \/api\/)/);
    await act.go(page, '/services');
    await page.getByText('10,000 Services').waitFor({ timeout: 60_000 });
    same(await services.rows(page).count(), ROWS, 'rows of the window');
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    holds(elements <= MOST_ELEMENTS, `${elements} elements with ${ROWS} rows, of ${MOST_ELEMENTS}`);

    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    const work = async () => Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
    const passes = [];
    do {
      const resting = await pass(page, false);
      const before = await work();
      const scrolling = await pass(page, true);
      const after = await work();
      same(Math.round(scrolling.reached), 1, 'the end of the list was reached');
      const layouts = after.LayoutCount - before.LayoutCount;
      const busy = (1000 * (after.TaskDuration - before.TaskDuration)) / FRAMES;
      const middle = [...scrolling.between].sort((one, other) => one - other)[FRAMES / 2];
      passes.push({ layouts, busy, middle, long: scrolling.long, dropped: dropped(scrolling.between), resting: dropped(resting.between) });
    } while (passes.at(-1).long.length > 0 && passes.length < PASSES);
    const { layouts, busy, middle, long, ...frames } = passes.at(-1);
    console.log(
      `        ${elements} elements; a frame every ${middle.toFixed(1)} ms, ${busy.toFixed(1)} ms of it busy; ` +
        `${frames.dropped} of ${FRAMES} frames dropped while scrolling, ${frames.resting} while resting; passes: ${passes.length}`,
    );
    same(long, [], 'tasks longer than 50 ms while scrolling, in each pass');
    holds(layouts <= FRAMES / 10, `${layouts} layouts for ${FRAMES} frames of scrolling`);
  },
}, { seed: 'big' });
