// Places on the page Ask.

export const client = (page) => page.getByRole('textbox', { name: 'Client', exact: true });
export const to = (page) => page.getByRole('textbox', { name: 'Service or address' });
export const verdict = (page) => page.locator('.verdict-line');
export const hops = (page) => page.locator('.hop:visible');
