// Places on the page of a plan, and on the page of its run.

export const section = (page, title) => page.locator('section').filter({ has: page.getByRole('heading', { name: title, level: 2, exact: true }) });
export const steps = (page) => section(page, 'Steps').getByRole('listitem');
export const objects = (page) => section(page, 'Objects');
export const reason = (page) => page.getByRole('textbox', { name: /^Reason/ });
export const apply = (page) => page.getByRole('button', { name: /^(Apply|Roll back by) [0-9,]+ changes?$/ });
export const landed = (page) => page.getByText('Every step landed');
