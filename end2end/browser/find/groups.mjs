// Places on the page of client groups, and in the editor of one.

export const card = (page, name) => page.getByRole('region', { name: `Group ${name}`, exact: true });
export const name = (page) => page.getByRole('textbox', { name: 'Name', exact: true });
export const addRanges = (page) => page.getByRole('button', { name: 'Add its ranges' });
/** What becomes of a Service, in the preview. */
export const use = (page, service) => page.getByRole('region', { name: 'Live preview' }).getByRole('listitem').filter({ hasText: service });
/** The choice of a group in the editor of a Service. */
export const choice = (page, number) => page.getByRole('combobox', { name: `Group ${number}`, exact: true });
export const addGroup = (page) => page.getByRole('button', { name: 'Add a group' });
