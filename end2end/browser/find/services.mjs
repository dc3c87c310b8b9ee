// Places on the list of Services.

export const search = (page) => page.getByRole('searchbox', { name: 'Name, namespace, address or client range' });
export const rows = (page) => page.locator('table.services tbody tr');
export const row = (page, name) => rows(page).filter({ has: page.getByRole('link', { name: new RegExp(`${name}$`) }) });
export const state = (page) => page.getByRole('combobox', { name: 'State' });
