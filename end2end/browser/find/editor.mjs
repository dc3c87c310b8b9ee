// Places in the editor of a Service's access, and in its preview.

export const range = (page, number) => page.getByRole('textbox', { name: `Range ${number}`, exact: true });
export const note = (page, number) => page.getByRole('textbox', { name: `Note of range ${number}`, exact: true });
/** What is said of a range. */
export const message = (page, number) => page.locator('ol.clients > li').nth(number - 1).locator('> .message');
export const addRange = (page) => page.getByRole('button', { name: 'Add a range' });
export const preview = (page) => page.getByRole('region', { name: 'Live preview' });
export const reviewPlan = (page) => page.getByRole('button', { name: 'Review plan' });
export const createHostEndpoints = (page) => page.getByRole('radio', { name: /^Create one on each node/ });
/** The choice of a guard at the pods alone. */
export const podsAlone = (page) => page.getByRole('radio', { name: /^The pods alone/ });
export const hostInterface = (page) => page.getByRole('textbox', { name: 'Interface' });
export const stopGuarding = (page) => page.getByRole('button', { name: 'Plan to stop guarding' });
