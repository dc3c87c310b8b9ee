// Places among what must stay true, on the page of the cluster.

export const section = (page) => page.locator('#must-stay-true');
export const rows = (page) => section(page).getByRole('article');
const form = (page) => section(page).locator('.card form');
export const sentence = (page) => form(page).getByRole('textbox', { name: /^Sentence/ });
export const reason = (page) => form(page).getByRole('textbox', { name: /^Reason/ });
export const keep = (page) => form(page).getByRole('button', { name: 'Keep this sentence' });
export const takeBack = (row) => row.locator('summary');
