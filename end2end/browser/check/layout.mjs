// Nothing jumps, nothing sticks out.

/** Of 1, as Web Vitals count it; theirs is 0.1. What moves by itself here comes to 0.0001 in the windows that tests open. */
const VISIBLE_SHIFT = 0.02;

/** Nothing has moved by itself since the page was loaded. */
export async function steady(page, name) {
  const shifts = await page.evaluate(() => window.layoutShifts);
  const total = shifts.reduce((sum, { value }) => sum + value, 0);
  if (total > VISIBLE_SHIFT) throw new Error(`${name} jumped while it loaded, by ${total}:\n${shifts.flatMap(({ moved }) => moved).join('\n')}`);
}

/** The page does not scroll sideways. */
export async function fits(page, name) {
  const { wide, view, widest } = await page.evaluate(() => {
    const view = document.documentElement.clientWidth;
    const outside = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > view + 1);
    const widest = outside.map((element) => `<${element.tagName.toLowerCase()} class="${element.className}">`).slice(0, 5);
    return { wide: document.documentElement.scrollWidth, view, widest };
  });
  if (wide > view) throw new Error(`${name} is ${wide} px wide in a window of ${view} px: ${widest.join(', ')}`);
}
